import { bundle } from '../../tooling/bundle.mjs';

await bundle({
  'libxl-process': 'dist/processes/libxl-process.js',
  'libxl-monitor': 'dist/processes/libxl-monitor.js',
});
