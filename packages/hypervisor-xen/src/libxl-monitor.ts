/**
 * Sees to what a domain's configuration wants when it shuts down, for as long as there is the domain: what stock xl
 * leaves a process behind for. Argument: the domid. Says what it does on standard output.
 */
import { Libxl } from './libxl.js';
import { anew, shutdownAction } from './shutdown-action.js';
import { detectXen } from './detect.js';

const CORES = '/var/lib/xen/dump';

const libxl = new Libxl(detectXen(), false);
let domid: number | undefined = Number(process.argv[2]);
while (domid !== undefined) domid = attend(domid);
process.exit();

/** @returns the domain to attend to next */
function attend(domid: number): number | undefined {
  const name = libxl.describe(domid)?.name ?? '';
  say(`waiting for domain ${name} (domid ${domid}) to end`);
  libxl.watch(domid);
  for (;;) {
    const end = libxl.awaitEnd(domid);
    if (end === 'gone') {
      say(`domain ${domid} has been destroyed`);
      return undefined;
    }
    // Whoever suspended it is responsible for it.
    if (end === 'suspend') continue;
    const configuration = libxl.configuration(domid);
    const action = shutdownAction(configuration, end);
    say(`domain ${domid} has shut down, reason ${end}: ${action}`);
    if (action.startsWith('coredump')) dumpCore(domid, name);
    switch (action) {
      case 'destroy':
      case 'coredump-destroy':
        libxl.destroy(domid);
        return undefined;
      case 'restart':
      case 'coredump-restart':
        libxl.destroy(domid);
        return restart(configuration);
      case 'preserve':
      case 'rename-restart':
      case 'soft-reset':
        say(`domain ${domid} is left as it is`);
        return undefined;
    }
  }
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
