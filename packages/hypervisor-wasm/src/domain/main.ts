/**
 * A domain's process. Started in the domain's folder, with `create` or `incoming`, and descriptor 3 to say on, as a
 * line of JSON, that it is ready or why it will not be. Descriptor 4 of an incoming one ends with the toolstack that is
 * to take hold of it.
 */
import { HostError } from '@mig/hypervisor';
import { newSession } from '@mig/posix';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { parseConfiguration } from '../configuration.js';
import { domainFiles } from '../domain-files.js';
import { HostFolder } from '../host-folder.js';
import { ownIdentity, writeIdentity } from '../process-identity.js';
import { ControlServer } from './control-server.js';
import { Domain } from './domain.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { Owner } from './owner.js';
import { Ram } from './ram.js';

export interface Readiness {
  readonly ready: boolean;
  readonly code?: string;
  readonly message?: string;
}

const READY = 3;
const LIFELINE = 4;
/** Milliseconds after which nobody waits for it any more. */
const START_TIMEOUT = 60_000;
/** Milliseconds in which the toolstack that ordered an incoming domain has to take hold of it. */
const HOLD_TIMEOUT = 30_000;

function say(readiness: Readiness): void {
  writeSync(READY, `${JSON.stringify(readiness)}\n`);
}

/** Ends the process with the toolstack that ordered it. @returns what ends that, once the domain is held */
function endWithToolstack(end: () => void): () => void {
  const timer = setTimeout(end, HOLD_TIMEOUT);
  const lifeline = new Socket({ fd: LIFELINE, readable: true, writable: false });
  lifeline.on('error', end).on('end', end).resume();
  return () => {
    clearTimeout(timer);
    lifeline.removeAllListeners('end').destroy();
  };
}

async function main(kind: string | undefined): Promise<void> {
  const incoming = kind === 'incoming';
  closeInheritedDescriptors(incoming ? LIFELINE : READY);
  newSession();
  // Whoever reads what it makes, or connects to its socket, has the guest's memory.
  process.umask(0o077);
  writeIdentity(domainFiles.process, ownIdentity());
  const starting = setTimeout(() => process.exit(1), START_TIMEOUT);
  const configuration = parseConfiguration(readFileSync(domainFiles.configuration, 'utf8'));
  const ram = new Ram(configuration.memory * 2 ** 20);
  const domain = incoming
    ? new Domain(ram)
    : await Domain.create(ram, new Uint8Array(readFileSync(domainFiles.kernel)), configuration.commandLine);
  // By way of its own folder: the host's may get another name, and then another host its old one.
  const owner = new Owner(new HostFolder(join('..', '..')), Number(basename(process.cwd())), {
    name: configuration.name,
    incoming,
  });
  const end = (): never => process.exit(0);
  const onHeld = incoming ? endWithToolstack(end) : undefined;
  await new ControlServer(domain, owner, end, onHeld).listen(domainFiles.socket);
  clearTimeout(starting);
  // Where the toolstack is gone nobody reads this: EPIPE, and so no domain is left that nobody knows of.
  say({ ready: true });
  closeSync(READY);
}

main(process.argv[2]).catch((error: unknown) => {
  const code = error instanceof HostError ? error.code : 'unavailable';
  const message = error instanceof Error ? error.message : String(error);
  try {
    say({ ready: false, code, message });
  } catch {
    // Nobody listens.
  }
  process.exit(1);
});
