/**
 * A domain's process, with descriptor 3 to say on, as a line of JSON, that it is ready or why it will not be. Started with
 * `create` in a new domain's folder; with `incoming` before there is one, which it then reads from descriptor 4, a line of JSON
 * as well. That descriptor ends with the toolstack that is to take hold of the domain.
 */
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

/** A domain's folder, as it is told to the process of an incoming one. */
export interface ToldFolder {
  readonly path: string;
  readonly device: number;
  readonly inode: number;
}

const READY = 3;
const ORDERS = 4;
/** Milliseconds after which nobody waits for it any more. */
const START_TIMEOUT = 60_000;
/** Milliseconds in which the toolstack that ordered an incoming domain has to take hold of it. */
const HOLD_TIMEOUT = 30_000;

function say(readiness: Readiness): void {
  writeSync(READY, `${JSON.stringify(readiness)}\n`);
}

/** The toolstack's end of an incoming domain, which is told its folder by it, and ends with it. */
class Orders {
  readonly #end: () => void;
  readonly #socket = new Socket({ fd: ORDERS, readable: true, writable: false });

  constructor(end: () => void) {
    this.#end = end;
    this.#socket.setEncoding('utf8').on('error', end).on('end', end);
  }

  /** The domain's folder; never, where the toolstack ends before it has one. */
  async folder(): Promise<ToldFolder> {
    let line = '';
    for await (const text of on(this.#socket, 'data')) {
      line += String(text[0]);
      if (line.endsWith('\n')) break;
    }
    this.#socket.resume();
    return JSON.parse(line) as ToldFolder;
  }

  /** @returns what ends the watch, once the domain is held */
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

/** @throws HostError where another folder has got its name since: nothing in that is ours */
function enter({ path, device, inode }: ToldFolder): void {
  process.chdir(path);
  const { dev, ino } = statSync('.');
  if (dev === device && ino === inode) return;
  throw new HostError('unavailable', `${path} is another folder since the domain was begun`);
}

/** @param onHeld of an incoming domain, once it is held */
async function live(
  make: (ram: Ram, configuration: DomainConfiguration) => Domain | Promise<Domain>,
  onHeld?: () => void,
): Promise<void> {
  // Whoever reads what it makes, or connects to its socket, has the guest's memory.
  process.umask(0o077);
  writeIdentity(domainFiles.process, ownIdentity());
  const starting = setTimeout(() => process.exit(1), START_TIMEOUT);
  const configuration = parseConfiguration(readFileSync(domainFiles.configuration, 'utf8'));
  const domain = await make(new Ram(configuration.memory * 2 ** 20), configuration);
  // By way of its own folder: the host's may get another name, and then another host its old one.
  const owner = new Owner(new HostFolder(join('..', '..')), Number(basename(process.cwd())), {
    name: configuration.name,
    incoming: domain.incoming,
  });
  await new ControlServer(domain, owner, end, onHeld).listen(domainFiles.socket);
  clearTimeout(starting);
  // Where the toolstack is gone nobody reads this: EPIPE, and so no domain is left that nobody knows of.
  say({ ready: true });
  closeSync(READY);
}

export const ready = (process.argv[2] === 'incoming' ? arrive() : create()).catch((error: unknown) => {
  const code = error instanceof HostError ? error.code : 'unavailable';
  const message = error instanceof Error ? error.message : String(error);
  try {
    say({ ready: false, code, message });
  } catch {
    // Nobody listens.
  }
  process.exit(1);
});
