#!/usr/bin/env node
'use strict';
const { writeSync } = require('node:fs');
const { join } = require('node:path');

let start;
try {
  ({ start } = require('@mig/xl/start'));
} catch (error) {
  if (!(error instanceof Error && 'code' in error && error.code === 'MODULE_NOT_FOUND')) throw error;
  writeSync(
    2,
    `mig is not built: build it first, with 'node ${join(__dirname, '../../..')}/tooling/with-pnpm.mjs build'\n`,
  );
  process.exitCode = 1;
}
start?.('xlReceive');
