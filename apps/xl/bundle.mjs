import { bundle } from '../../tooling/bundle.mjs';
import { AT_NIGHT_ONLY, DAY, FONT, NIGHT } from './dist/report/ink.js';

await bundle(
  {
    xl: 'dist/main.js',
    'task-worker': 'dist/worker/task-worker.js',
    'check-policy': 'dist/worker/check-policy.js',
  },
  // What draws a report is larger than all the rest; few need a queue.
  ['dist/report/drawing.js', 'dist/evacuate/bullmq.js'],
  {
    folder: 'page',
    style: `:root { ${DAY} font: 15px ${FONT}; }\n${AT_NIGHT_ONLY} { :root { ${NIGHT} } }\n`,
  },
);
