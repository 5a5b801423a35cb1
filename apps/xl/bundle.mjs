import { bundle } from '../../tooling/bundle.mjs';

await bundle(
  {
    xl: 'dist/main.js',
    'task-worker': 'dist/worker/task-worker.js',
    'check-policy': 'dist/worker/check-policy.js',
  },
  // What draws a report is larger than all the rest.
  ['dist/report/drawing.js'],
);
