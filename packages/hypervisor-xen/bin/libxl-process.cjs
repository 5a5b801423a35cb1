// The process that runs libxl.
'use strict';
const { launch } = require('../dist/launcher.cjs');

/** @type {{ exports: typeof import('../dist/processes/libxl-process.js'), keep(): void }} */
const libxl = launch('libxl-process.cjs', 'libxl-process');
libxl.exports.serve();
libxl.keep();
process.exit();
