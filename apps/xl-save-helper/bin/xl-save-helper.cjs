#!/usr/bin/env node
// Starts the bundle, with the code that V8 made of it the last time where there is any: most of the time that a start
// takes is compiling.
/* global __dirname, __filename */
'use strict';
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { join } = require('node:path');
const { Script } = require('node:vm');

const bundle = join(__dirname, '../dist/bundle.cjs');
// Nobody but root may put anything here that root runs.
const folder = process.getuid() === 0 ? (process.env.MIG_CACHE_DIR ?? '/var/cache/mig') : undefined;
const cache = folder ? join(folder, nameOfCache()) : undefined;

const script = new Script(`(function (module, require) {${readFileSync(bundle, 'utf8')}\n})`, {
  filename: bundle,
  cachedData: cache && read(cache),
});
const program = { exports: {} };
script.runInThisContext()(program, createRequire(bundle));
const worked = program.exports.start(__filename);
// Now the functions that were needed have been compiled.
if (cache && worked && script.cachedDataRejected !== false) keep();

/** V8 itself tells another version or processor, but not another bundle of the same length. */
function nameOfCache() {
  const { mtimeMs, size } = statSync(bundle);
  return `xl-save-helper${process.argv[2] ?? ''}-${process.version}-${size}-${Math.trunc(mtimeMs)}`;
}

function read(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

function keep() {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    writeFileSync(`${cache}.${process.pid}`, script.createCachedData(), { mode: 0o644 });
    renameSync(`${cache}.${process.pid}`, cache);
  } catch {
    // It only takes longer the next time.
  }
}
