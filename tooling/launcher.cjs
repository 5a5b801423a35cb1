/**
 * Starts a program that bundle.mjs has made one file, with V8's code from the last start, if any: most of a
 * start's time is compiling. The build puts it beside the programs.
 */
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { dirname, isAbsolute, join } = require('node:path');
const { Script } = require('node:vm');

const DIGEST_LENGTH = 32;
const OTHERS_WRITE = 0o022;
/** Flags for reading: opening a pipe does not block. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/**
 * Runs a program.
 * @template Exports the program's exports: its caller knows which program it is
 * @param {string} file beside this one
 * @param {string} name for its compiled code; a program that does several things has several
 * @returns {{ exports: Exports, keep(): void }} its exports, and a function that keeps the code of the
 * functions needed so far, unless it is kept already
 */
exports.launch = (file, name) => {
  const path = join(__dirname, file);
  const source = fs.readFileSync(path, 'latin1');
  const folder = cacheFolder(process.env);
  const cache = folder === undefined ? undefined : new Cache(folder, name, source);
  const cachedData = cache?.read();
  const script = new Script(`(function (module, require, importModule, __filename) {${source}\n})`, {
    filename: path,
    cachedData,
  });
  const program = { exports: /** @type {Exports} */ ({}) };
  // A script of cached data cannot import by itself.
  script.runInThisContext()(program, require, (/** @type {string} */ module) => import(module), path);
  const isKept = cachedData !== undefined && !script.cachedDataRejected;
  return { exports: program.exports, keep: () => isKept || cache?.keep(script.createCachedData()) };
};

/**
 * Finds the folder for compiled code: MIG_CACHE_DIR, else root's, else the user's.
 * @param {NodeJS.ProcessEnv} environment
 * @returns {string | undefined} undefined if nothing is to be kept
 */
function cacheFolder({ MIG_CACHE_DIR, XDG_CACHE_HOME = '', HOME = '' }) {
  const caches = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME, '.cache');
  const folder = MIG_CACHE_DIR ?? join(process.geteuid?.() === 0 ? '/var/cache' : caches, 'mig');
  // In the working folder anybody could write it, and for a name that is not UTF-8 another folder would be
  // made.
  return isAbsolute(folder) && !folder.includes('\ufffd') ? folder : undefined;
}

/** The compiled code of a program, under one name for all its versions: none is left behind. */
class Cache {
  #folder;
  #path;
  /** The program's first line, which identifies it: V8 checks only its length. */
  #program;

  /** @param {string} folder @param {string} name @param {string} source of the program */
  constructor(folder, name, source) {
    this.#folder = folder;
    this.#path = join(folder, name);
    this.#program = source.slice(0, source.indexOf('\n'));
  }

  /**
   * Reads the code. V8 trusts it: code that is damaged, another user's or of another program would be worse
   * than none.
   */
  read() {
    let descriptor;
    try {
      if (!isOurs(fs.statSync(this.#folder))) return undefined;
      descriptor = fs.openSync(this.#path, READ);
      if (!isOurs(fs.fstatSync(descriptor))) return undefined;
      const octets = fs.readFileSync(descriptor);
      const code = octets.subarray(DIGEST_LENGTH);
      return this.#digest(code).equals(octets.subarray(0, DIGEST_LENGTH)) ? code : undefined;
    } catch {
      return undefined;
    } finally {
      if (descriptor !== undefined) fs.closeSync(descriptor);
    }
  }

  /**
   * Keeps the code; a failure only makes the next start slower.
   * @param {Buffer} code
   */
  keep(code) {
    // If two processes write it at once both may spoil it: the digest tells.
    const fresh = `${this.#path}.new`;
    try {
      // A missing home is not created.
      for (const folder of [dirname(this.#folder), this.#folder]) make(folder);
      // The code would not be read.
      if (!isOurs(fs.statSync(this.#folder))) return;
      // A file of an interrupted start; anything else there is not written to, such as a pipe that nobody
      // reads.
      fs.rmSync(fresh, { force: true });
      fs.writeFileSync(fresh, Buffer.concat([this.#digest(code), code]), { mode: 0o600, flag: 'wx' });
      fs.renameSync(fresh, this.#path);
    } catch {
      remove(fresh);
    }
  }

  /** @param {Uint8Array} code */
  #digest(code) {
    // V8 does not distinguish two builds of one version of Node. (execPath may be a script that starts it.)
    const { dev, ino, size, mtimeMs } = fs.statSync('/proc/self/exe');
    const origin = `${dev} ${ino} ${size} ${mtimeMs} ${this.#program}\n`;
    return createHash('sha256').update(origin).update(code).digest();
  }
}

/** @param {import('node:fs').Stats} stats */
function isOurs({ uid, mode }) {
  return uid === process.geteuid?.() && (mode & OTHERS_WRITE) === 0;
}

/** @param {string} folder */
function make(folder) {
  try {
    fs.mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** @param {string} path */
function remove(path) {
  try {
    fs.rmSync(path, { force: true });
  } catch {
    // The file stays, and no code is kept.
  }
}
