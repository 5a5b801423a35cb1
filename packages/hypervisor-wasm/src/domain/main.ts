/**
 * A domain's process. On descriptor 3 it says, as a line of JSON, that it is ready or why it will not be.
 * Started with `create` in a new domain's folder; with `incoming` before there is a folder, which it then
 * reads from descriptor 4, a line of JSON as well. That descriptor closes with the toolstack that will hold
 * the domain.
 */
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { newSession, replaceDescriptor } from '@mig/posix';
import { on } from 'node:events';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import { basename, join } from 'node:path';
import { type DomainConfiguration, parseConfiguration } from '../configuration.js';
import { domainFiles } from '../domain-files.js';
import { HostFolder } from '../host-folder.js';
import { ownIdentity, writeIdentity } from '../process-identity.js';
import { ControlServer } from './control-server.js';
import { Domain } from './domain.js';
import { closeInheritedDescriptors } from './inherited-descriptors.js';
import { Owner } from './owner.js';
import { Ram } from './ram.js';
import { Vcpu } from './vcpu.js';

export interface Readiness {
  readonly ready: boolean;
  readonly code?: string;
  readonly message?: string;
}

/** A domain's folder, as sent to the process of an incoming domain. */
export interface AssignedFolder {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

const READY = 3;
const ORDERS = 4;
/** Time after which nobody waits for the start any more, in milliseconds. */
const START_TIMEOUT = 60_000;
/** Time for the toolstack that ordered an incoming domain to take hold of it, in milliseconds. */
const HOLD_TIMEOUT = 30_000;

function say(readiness: Readiness): void {
  writeSync(READY, `${JSON.stringify(readiness)}\n`);
}

/**
 * The toolstack's connection to the process of an incoming domain: it names the folder, and its end ends
 * the process.
 */
class Orders {
  readonly #end: () => void;
  readonly #socket = new Socket({ fd: ORDERS, readable: true, writable: false });

  constructor(end: () => void) {
    this.#end = end;
    this.#socket.setEncoding('utf8').on('error', end).on('end', end);
  }

  /** Reads the domain's folder; never resolves if the toolstack ends before it has one. */
  async folder(): Promise<AssignedFolder> {
    let line = '';
    for await (const text of on(this.#socket, 'data')) {
      line += String(text[0]);
      if (line.endsWith('\n')) break;
    }
    this.#socket.resume();
    return JSON.parse(line) as AssignedFolder;
  }

  /**
   * Watches the toolstack.
   * @returns a function that ends the watch, once the domain is held
   */
  awaitHold(): () => void {
    const timer = setTimeout(this.#end, HOLD_TIMEOUT);
    return () => {
      clearTimeout(timer);
      this.#socket.removeAllListeners('end').destroy();
    };
  }
}

const end = (): never => process.exit(0);

async function create(): Promise<void> {
  closeInheritedDescriptors(READY);
  newSession();
  await live((ram, { commandLine }) => {
    return Domain.create(ram, new Uint8Array(readFileSync(domainFiles.kernel)), commandLine);
  });
}

async function arrive(): Promise<void> {
  closeInheritedDescriptors(ORDERS);
  newSession();
  const vcpu = new Vcpu();
  const orders = new Orders(end);
  enter(await orders.folder());
  const log = openSync(domainFiles.log, 'a', 0o600);
  for (const standard of [1, 2]) replaceDescriptor(standard, log);
  closeSync(log);
  await live((ram) => new Domain(ram, vcpu), orders.awaitHold());
}

/**
 * Enters the folder.
 * @throws HostError where another folder has got its name since
 */
function enter({ path, device, inode }: AssignedFolder): void {
  process.chdir(path);
  const { dev, ino } = statSync('.');
  if (dev === device && ino === inode) return;
  throw new HostError('unavailable', `${path} is another folder since the domain was begun`);
}

/** @param onHeld called once an incoming domain is held */
async function live(
  make: (ram: Ram, configuration: DomainConfiguration) => Domain | Promise<Domain>,
  onHeld?: () => void,
): Promise<void> {
  // What the process makes, and its socket, give access to the guest's memory.
  process.umask(0o077);
  writeIdentity(domainFiles.process, ownIdentity());
  const starting = setTimeout(() => process.exit(1), START_TIMEOUT);
  const configuration = parseConfiguration(readFileSync(domainFiles.configuration, 'utf8'));
  const domain = await make(new Ram(configuration.memory * 2 ** 20), configuration);
  // Through its own folder: the host's may be renamed, and its old name given to another host.
  const owner = new Owner(new HostFolder(join('..', '..')), Number(basename(process.cwd())), {
    name: configuration.name,
    incoming: domain.incoming,
  });
  await new ControlServer(domain, owner, end, onHeld).listen(domainFiles.socket);
  clearTimeout(starting);
  // If the toolstack is gone, this fails with EPIPE, so that no unknown domain is left.
  say({ ready: true });
  closeSync(READY);
}

export const ready = (process.argv[2] === 'incoming' ? arrive() : create()).catch((error: unknown) => {
  const code = error instanceof HostError ? error.code : 'unavailable';
  const message = messageOf(error);
  try {
    say({ ready: false, code, message });
  } catch {
    // Nobody reads it.
  }
  process.exit(1);
});
