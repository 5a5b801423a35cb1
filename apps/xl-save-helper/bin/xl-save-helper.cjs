#!/usr/bin/env node
'use strict';
const { existsSync, writeSync } = require('node:fs');
const { join } = require('node:path');

const launcher = join(__dirname, '../dist/launcher.cjs');

if (existsSync(launcher)) {
  const { launch } = require(launcher);
  const mode = process.argv[2] === '--restore-domain' ? 'restore' : 'save';
  const helper = launch('xl-save-helper.cjs', `xl-save-helper-${mode}`);
  if (helper.exports.start(__filename)) {
    helper.keep();
    helper.exports.end();
  }
} else {
  writeSync(
    2,
    `mig is not built: build it first, with 'node ${join(__dirname, '../../..')}/tooling/with-pnpm.mjs build'\n`,
  );
  process.exitCode = 1;
}
