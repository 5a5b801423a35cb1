// For NODE_OPTIONS=--import: delays the process, as the scheduler might, when it is about to open a file
// for the nth time in one of its threads. See hold.mjs, which sets the variables and lets it continue.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { MIG_HOLD, MIG_EXHAUST } = process.env;

const { openSync, closeSync, readFileSync, readdirSync, existsSync } = fs;

/**
 * Waits until somebody opens the other end of the pipe.
 * @param {string} line
 */
function wait(line) {
  fs.writeFileSync(`${line}.here`, String(process.pid));
  closeSync(openSync(`${line}.go`, 'r'));
}

/**
 * Wraps a function whose first parameter is a path, with code before and after each call.
 * @template {(path: never, ...rest: never[]) => unknown} Call
 * @param {Call} call
 * @param {{ before?: (path: unknown) => void, after?: (path: unknown) => void }} around
 * @returns {Call}
 */
function wrapped(call, { before, after }) {
  return new Proxy(call, {
    apply(target, self, args) {
      before?.(args[0]);
      const result = Reflect.apply(target, self, args);
      after?.(args[0]);
      return result;
    },
  });
}

if (MIG_HOLD !== undefined) {
  /** @type {{ line: string } & import('./hold.mjs').Place} */
  const { line, pattern, nth, armed } = JSON.parse(MIG_HOLD);
  const path = new RegExp(pattern);
  let left = (isMainThread ? nth.main : nth.worker) ?? 0;
  /** @param {unknown} file */
  const before = (file) => {
    if (!path.test(String(file)) || (armed && !existsSync(`${line}.armed`)) || existsSync(`${line}.here`))
      return;
    if (--left === 0) wait(line);
  };
  fs.openSync = wrapped(openSync, { before });
  fs.readFileSync = wrapped(readFileSync, { before });
}

// The number of descriptors left when it lists the domains.
if (MIG_EXHAUST !== undefined) {
  /** @param {unknown} folder */
  const after = (folder) => {
    if (!String(folder).endsWith('/domains')) return;
    const taken = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      for (const fd of taken.splice(taken.length - Number(MIG_EXHAUST))) closeSync(fd);
    }
  };
  fs.readdirSync = wrapped(readdirSync, { after });
}
syncBuiltinESMExports();
