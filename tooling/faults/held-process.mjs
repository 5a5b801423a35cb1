// NODE_OPTIONS=--import: keeps the process waiting, as the scheduler might, when it is about to open a file for the
// nth time in one of its threads. See hold.mjs, which sets the variables and lets it go on.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { isMainThread } from 'node:worker_threads';

const { MIG_HOLD, MIG_EXHAUST } = process.env;

/** Waits until somebody opens the other end of the pipe. */
function wait(line) {
  fs.writeFileSync(`${line}.here`, String(process.pid));
  closeSync(openSync(`${line}.go`, 'r'));
}

const { openSync, closeSync, readFileSync, readdirSync, existsSync } = fs;
if (MIG_HOLD !== undefined) {
  const { line, pattern, nth, armed } = JSON.parse(MIG_HOLD);
  const path = new RegExp(pattern);
  let left = isMainThread ? nth.main : nth.worker;
  const passing = (file) => {
    if (!path.test(String(file)) || (armed && !existsSync(`${line}.armed`)) || existsSync(`${line}.here`))
      return;
    if (--left === 0) wait(line);
  };
  fs.openSync = (file, ...rest) => (passing(file), openSync(file, ...rest));
  fs.readFileSync = (file, ...rest) => (passing(file), readFileSync(file, ...rest));
}

// When it lists the domains, so many descriptors are left to it.
if (MIG_EXHAUST !== undefined) {
  fs.readdirSync = (folder, ...rest) => {
    const found = readdirSync(folder, ...rest);
    if (!String(folder).endsWith('/domains')) return found;
    const taken = [];
    try {
      for (;;) taken.push(openSync('/dev/null', 'r'));
    } catch {
      for (let i = 0; i < Number(MIG_EXHAUST); i++) closeSync(taken.pop());
    }
    return found;
  };
}
syncBuiltinESMExports();
