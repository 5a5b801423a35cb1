#!/usr/bin/env node
// Starts the bundle, with the code that V8 made of it the last time where there is any: most of the time that a start
// takes is compiling.
/* global __dirname, __filename */
'use strict';
const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, statSync, writeFileSync } = require('node:fs');
const { createRequire } = require('node:module');
const { isAbsolute, join } = require('node:path');
const { Script } = require('node:vm');

const DIGEST_LENGTH = 32;

const bundle = join(__dirname, '../dist/bundle.cjs');
const folder = process.env.MIG_CACHE_DIR ?? '/var/cache/mig';
// In the working folder it would be anybody's, and of a name that is not UTF-8 another folder would be made.
const isUsable = process.getuid() === 0 && isAbsolute(folder) && !folder.includes('\ufffd');
const cache = isUsable ? join(folder, nameOfCache()) : undefined;

const script = new Script(`(function (module, require) {${readFileSync(bundle, 'utf8')}\n})`, {
  filename: bundle,
  cachedData: cache && read(cache),
});
const program = { exports: {} };
script.runInThisContext()(program, createRequire(bundle));
const worked = program.exports.start(__filename);
// Now the functions that were needed have been compiled.
if (cache && worked && script.cachedDataRejected !== false) keep();
if (worked) program.exports.end();

/** V8 itself tells another version or processor, but not another bundle of the same length. */
function nameOfCache() {
  const { mtimeMs, size } = statSync(bundle);
  return `xl-save-helper${process.argv[2] ?? ''}-${process.version}-${size}-${Math.trunc(mtimeMs)}`;
}

/** V8 trusts what it is given: a file that is damaged, or another user's, would be worse than none. */
function read(path) {
  try {
    if (!isOnlyRoots(folder) || !isOnlyRoots(path)) return undefined;
    const octets = readFileSync(path);
    const data = octets.subarray(DIGEST_LENGTH);
    return digest(data).equals(octets.subarray(0, DIGEST_LENGTH)) ? data : undefined;
  } catch {
    return undefined;
  }
}

function isOnlyRoots(path) {
  const { uid, mode } = statSync(path);
  return uid === 0 && (mode & 0o022) === 0;
}

function digest(data) {
  return createHash('sha256').update(data).digest();
}

function keep() {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o755 });
    // It would not be read.
    if (!isOnlyRoots(folder)) return;
    const data = script.createCachedData();
    writeFileSync(`${cache}.${process.pid}`, Buffer.concat([digest(data), data]), { mode: 0o644 });
    renameSync(`${cache}.${process.pid}`, cache);
  } catch {
    // It only takes longer the next time.
  }
}
