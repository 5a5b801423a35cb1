// The process that attends a domain until it is gone. Argument: its domid.
'use strict';
const { launch } = require('../dist/launcher.cjs');

/** @type {{ exports: typeof import('../dist/processes/libxl-monitor.js'), keep(): void }} */
const monitor = launch('libxl-monitor.cjs', 'libxl-monitor');
// It runs as long as the domain, and may be killed.
monitor.keep();
monitor.exports.attend(Number(process.argv[2]));
process.exit();
