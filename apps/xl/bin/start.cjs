// Starts xl or xl-receive. It exists before anything is built.
'use strict';
const { existsSync, writeSync } = require('node:fs');
const { join } = require('node:path');

const launcher = join(__dirname, '../dist/launcher.cjs');

/** Commands whose start is waited for. The others need much the same code, which is kept once. */
const OFTEN = ['migrate', 'migrate-receive'];

/** @param {'xl' | 'xlReceive'} program */
exports.start = (program) => {
  if (!existsSync(launcher)) {
    writeSync(
      2,
      `mig is not built: build it first, with 'node ${join(__dirname, '../../..')}/tooling/with-pnpm.mjs build'\n`,
    );
    process.exitCode = 1;
    return;
  }
  const argv = process.argv.slice(2);
  const command = program === 'xl' ? argv.find((word) => !word.startsWith('-')) : 'migrate-receive';
  // The rest is loaded meanwhile.
  if (command === 'migrate-receive') require('./task-worker.cjs').startAhead('receive');
  const launched = load(command !== undefined && OFTEN.includes(command) ? `xl-${command}` : 'xl');
  launched?.exports[program](argv).then((status) => {
    // A command that ends by itself may have set it.
    if (status !== 0) process.exitCode = status;
    launched.keep();
  });
};

/**
 * @param {string} name
 * @returns {{ exports: typeof import('../dist/main.js'), keep(): void } | undefined} undefined where it cannot be read,
 *   for want of descriptors say, which has been said
 */
function load(name) {
  try {
    return require(launcher).launch('xl.cjs', name);
  } catch (error) {
    if (process.env['MIG_DEBUG'] !== undefined) throw error;
    writeSync(2, `xl cannot be loaded: ${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
    return undefined;
  }
}
