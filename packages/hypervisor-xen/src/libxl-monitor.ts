/**
 * Sees to what a domain's configuration wants when it shuts down, for as long as there is the domain: what stock xl
 * leaves a process behind for. Argument: the domid. Says what it does on standard output.
 */
import { Libxl } from './libxl.js';
import { anew, shutdownAction } from './shutdown-action.js';
import { detectXen } from './detect.js';

const CORES = '/var/lib/xen/dump';

/** Milliseconds between two looks at a domain that is suspended. */
const SUSPENDED_POLL = 1000;

const libxl = new Libxl(detectXen(), false);
let domid: number | undefined = Number(process.argv[2]);
while (domid !== undefined) domid = attend(domid);
process.exit();

/** @returns the domain to attend to next */
function attend(domid: number): number | undefined {
  const name = libxl.describe(domid)?.name ?? '';
  say(`waiting for domain ${name} (domid ${domid}) to end`);
  for (;;) {
    const unwatch = libxl.watch(domid);
    const end = libxl.awaitEnd(domid);
    unwatch();
    if (end === 'gone' || libxl.describe(domid) === undefined) {
      say(`domain ${domid} has been destroyed`);
      return undefined;
    }
    if (end === 'suspend') {
      // Whoever suspended it is responsible for it; libxl tells of one shutdown only.
      while (libxl.describe(domid)?.suspended === true) pause(SUSPENDED_POLL);
      continue;
    }
    const configuration = libxl.configuration(domid);
    const action = shutdownAction(configuration, end);
    say(`domain ${domid} has shut down, reason ${end}: ${action}`);
    if (action.startsWith('coredump')) dumpCore(domid, name);
    switch (action) {
      case 'destroy':
      case 'coredump_destroy':
        libxl.destroy(domid);
        return undefined;
      case 'restart':
      case 'coredump_restart':
        libxl.destroy(domid);
        return restart(configuration);
      case 'preserve':
      case 'restart_rename':
      case 'soft_reset':
        say(`domain ${domid} is left as it is`);
        return undefined;
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

function restart(configuration: string): number {
  const domid = libxl.create(anew(configuration));
  libxl.unpause(domid);
  return domid;
}

function dumpCore(domid: number, name: string): void {
  try {
    libxl.dumpCore(domid, `${CORES}/${new Date().toISOString()}-${name}.core`);
  } catch (error) {
    say(String(error));
  }
}

function say(text: string): void {
  console.log(`${new Date().toISOString()} ${text}`);
}
