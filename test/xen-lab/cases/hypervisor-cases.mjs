/**
 * Runs the cases that any hypervisor must pass, on this Xen host. Argument: a guest's configuration, without
 * its name. Prints how each went; exit status 1 if one failed.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { isLogDirty } from './log-dirty.mjs';

const modules = '/opt/mig/node_modules/@mig';
/** @type {typeof import('../../../packages/hypervisor/dist/cases/index.js')} */
const { cases } = await import(`${modules}/hypervisor/dist/cases/index.js`);
/** @type {typeof import('../../../packages/hypervisor-xen/dist/index.js')} */
const { XenHost } = await import(`${modules}/hypervisor-xen/dist/index.js`);

const template = readFileSync(process.argv[2] ?? '', 'utf8');

/**
 * A host that tells whether a domain's writes are logged. A Xen host does not tell, since asking could
 * disturb a toolstack that starts logging; in the lab there is none.
 */
class LabHost extends XenHost {
  /** @override @param {number} domid */
  describe(domid) {
    return { ...super.describe(domid), logDirty: isLogDirty(domid) };
  }
}

const host = new LabHost({ saveHelper: '/opt/mig/bin/xl-save-helper' });
const TIMEOUT = 240_000;

/** @param {string} name */
function ticksOf(name) {
  const texts = [name, `${name}--incoming`].map((log) => `/var/log/xen/console/guest-${log}.log`);
  return texts
    .filter((path) => existsSync(path))
    .flatMap((path) => [...readFileSync(path, 'latin1').matchAll(/^tick \d+ .*errors=(\d+)/gm)]);
}

/**
 * The name under which the guest was created: the log of its console keeps it, whatever the domain's present
 * name is.
 */
let createdAs = '';

/** @type {import('../../../packages/hypervisor/dist/cases/index.js').CaseBench} */
const bench = {
  host,
  target: host,
  createBusyDomain(name) {
    const path = `/root/case/${name}.cfg`;
    createdAs = name;
    writeFileSync(path, `name = "${name}"\n${template}`);
    execFileSync('xl', ['create', path], { stdio: 'inherit' });
    return Number(execFileSync('xl', ['domid', name], { encoding: 'utf8' }));
  },
  awaitProgress(where, domid) {
    where.describe(domid);
    const before = ticksOf(createdAs).length;
    const deadline = performance.now() + TIMEOUT;
    while (ticksOf(createdAs).length <= before) {
      if (performance.now() > deadline) throw new Error('the guest makes no progress');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
    const errors = ticksOf(createdAs).at(-1)?.[1];
    if (errors !== '0') throw new Error(`the guest found ${errors} errors in its memory`);
  },
};

let failed = 0;
for (const each of cases) {
  const began = performance.now();
  let verdict = 'passed';
  try {
    each.run(bench);
  } catch (error) {
    failed++;
    verdict = `FAILED: ${error instanceof Error ? error.stack : String(error)}`;
  }
  console.log(`${((performance.now() - began) / 1000).toFixed(1)} s  ${each.name}: ${verdict}`);
}
console.log(`${cases.length - failed} of ${cases.length} passed`);
process.exit(failed === 0 ? 0 : 1);
