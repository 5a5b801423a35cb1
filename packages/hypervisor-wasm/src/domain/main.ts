/**
 * A domain's process. Started in the domain's folder, with `create` or `incoming`, and descriptor 3 to say on, as a
 * line of JSON, that it is ready or why it will not be.
 */
import { HostError } from '@mig/hypervisor';
import { newSession } from '@mig/posix';
import { closeSync, readFileSync, writeSync } from 'node:fs';
import { parseConfiguration } from '../configuration.js';
import { domainFiles } from '../domain-files.js';
import { ownIdentity, writeIdentity } from '../process-identity.js';
import { ControlServer } from './control-server.js';
import { Domain } from './domain.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { Ram } from './ram.js';

export interface Readiness {
  readonly ready: boolean;
  readonly code?: string;
  readonly message?: string;
}

const READY = 3;
/** Milliseconds after which nobody waits for it any more. */
const START_TIMEOUT = 60_000;
/** Milliseconds in which the toolstack that ordered an incoming domain has to take hold of it. */
const HOLD_TIMEOUT = 30_000;

function say(readiness: Readiness): void {
  writeSync(READY, `${JSON.stringify(readiness)}\n`);
}

async function main(kind: string | undefined): Promise<void> {
  closeInheritedDescriptors(READY);
  newSession();
  writeIdentity(domainFiles.process, ownIdentity());
  const starting = setTimeout(() => process.exit(1), START_TIMEOUT);
  const configuration = parseConfiguration(readFileSync(domainFiles.configuration, 'utf8'));
  const ram = new Ram(configuration.memory * 2 ** 20);
  const incoming = kind === 'incoming';
  const domain = incoming
    ? new Domain(ram)
    : await Domain.create(ram, new Uint8Array(readFileSync(domainFiles.kernel)), configuration.commandLine);
  const end = (): never => process.exit(0);
  const unheld = incoming ? setTimeout(end, HOLD_TIMEOUT) : undefined;
  await new ControlServer(domain, end, () => clearTimeout(unheld)).listen(domainFiles.socket);
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
