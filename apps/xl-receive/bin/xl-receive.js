#!/usr/bin/env node
'use strict';
const { writeSync } = require('node:fs');

let start;
try {
  ({ start } = require('@mig/xl/start'));
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
  writeSync(2, "@mig/xl is not there: 'npm test' installs and builds mig\n");
  process.exitCode = 1;
}
start?.('xlReceive');
