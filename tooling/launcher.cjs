/**
 * Starts a program that bundle.mjs has made one file, with the code that V8 made of it the last time where there is any: most
 * of the time that a start takes is compiling. The build puts it beside the programs.
 */
'use strict';
const { createHash } = require('node:crypto');
const fs = require('node:fs');
const { dirname, isAbsolute, join } = require('node:path');
const { Script } = require('node:vm');

const DIGEST_LENGTH = 32;
const OTHERS_WRITE = 0o022;
/** Opening what is no file does not wait for anybody. */
const READ = fs.constants.O_RDONLY | fs.constants.O_NOFOLLOW | fs.constants.O_NONBLOCK;

/**
 * Runs a program.
 * @template Exports what the program exports: its caller knows which one it is
 * @param {string} file beside this one
 * @param {string} name what its compiled code is kept as; of a program that does several things, each has its own
 * @returns {{ exports: Exports, keep(): void }} what it exports, and what keeps the code of the functions that were needed by
 *   then, where that is not there yet
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
 * @returns {string | undefined} undefined for nowhere
 */
function cacheFolder({ MIG_CACHE_DIR, XDG_CACHE_HOME = '', HOME = '' }) {
  const caches = isAbsolute(XDG_CACHE_HOME) ? XDG_CACHE_HOME : join(HOME, '.cache');
  const folder = MIG_CACHE_DIR ?? join(process.geteuid?.() === 0 ? '/var/cache' : caches, 'mig');
  // In the working folder it would be anybody's, and of a name that is not UTF-8 another folder would be made.
  return isAbsolute(folder) && !folder.includes('\ufffd') ? folder : undefined;
}

/** The compiled code of a program, under one name whatever the program's version: none is left behind. */
class Cache {
  #folder;
  #path;
  /** The program's first line, which tells it from any other: V8 looks at its length only. */
  #program;

  /** @param {string} folder @param {string} name @param {string} source of the program */
  constructor(folder, name, source) {
    this.#folder = folder;
    this.#path = join(folder, name);
    this.#program = source.slice(0, source.indexOf('\n'));
  }

  /** V8 trusts what it is given: what is damaged, another user's or of another program would be worse than nothing. */
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

  /** Where that cannot be, the next start takes longer, and that is all. @param {Buffer} code */
  keep(code) {
    // Of two that write it at once both may be spoilt: the digest says so.
    const fresh = `${this.#path}.new`;
    try {
      // A home that is not there is not made.
      for (const folder of [dirname(this.#folder), this.#folder]) make(folder);
      // It would not be read.
      if (!isOurs(fs.statSync(this.#folder))) return;
      // What a start that was ended has left there; what else is there is not written to, be it a pipe that nobody reads.
      fs.rmSync(fresh, { force: true });
      fs.writeFileSync(fresh, Buffer.concat([this.#digest(code), code]), { mode: 0o600, flag: 'wx' });
      fs.renameSync(fresh, this.#path);
    } catch {
      remove(fresh);
    }
  }

  /** @param {Uint8Array} code */
  #digest(code) {
    // Nor does V8 tell two builds of one version of Node.
    const { size, mtimeMs } = fs.statSync(process.execPath);
    const origin = `${process.execPath} ${size} ${mtimeMs} ${this.#program}\n`;
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
    // It stays, and none is kept.
  }
}
