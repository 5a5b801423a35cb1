import { bundle } from '../../tooling/bundle.mjs';

await bundle(
  {
    xl: 'dist/main.js',
    'task-worker': 'dist/migrate/task-worker.js',
    'check-policy': 'dist/migrate/check-policy.js',
  },
  // What draws a report is larger than all the rest.
  ['vega', 'vega-lite'],
);
