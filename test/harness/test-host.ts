import { readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.js';
import { GuestConsole } from './guest-console.js';
import { type FoundProcess, processesOf } from '../../tooling/faults/processes.mjs';
import { type Ended, Program, type ProgramOptions } from './program.js';
import { quoted } from './relay.js';

const application = (name: string): string =>
  fileURLToPath(new URL(`../../apps/${name}/bin/${name}.js`, import.meta.url));
const XL = application('xl');
const XL_RECEIVE = application('xl-receive');

export interface Domain {
  readonly domid: number;
  readonly name: string;
  readonly state: string;
  readonly standing: string;
  readonly logDirty: boolean;
}

export interface Guest {
  readonly name?: string;
  readonly kernel?: string;
  /** Memory in MiB. */
  readonly memory?: number;
  readonly cmdline?: string;
}

/** A guest small enough to migrate at once, busy enough to be dirty at any time. */
export const busyGuest = {
  name: 'busy',
  kernel: 'wss',
  memory: 16,
  cmdline: 'pages=500 rate=5000 pattern=random',
} as const satisfies Required<Guest>;

/** A host in a folder of its own, on which `xl` runs through the programs that users run. */
export class TestHost {
  readonly #consoles: GuestConsole[] = [];

  /** @param folder created on first use if it is missing */
  constructor(readonly folder: string) {}

  get name(): string {
    return basename(this.folder);
  }

  start(...args: readonly string[]): Program {
    return this.#program(XL, args, false);
  }

  /** Starts `xl` in a process group of its own, as from a shell. */
  startGroup(...args: readonly string[]): Program {
    return this.#program(XL, args, true);
  }

  /** Starts `xl` with additional variables. */
  startWith(environment: Readonly<Record<string, string>>, ...args: readonly string[]): Program {
    return this.#program(XL, args, false, environment);
  }

  /** Starts `xl` with other descriptors. */
  startUnread(descriptors: Pick<ProgramOptions, 'stdout' | 'stderr'>, ...args: readonly string[]): Program {
    return this.#program(XL, args, false, {}, descriptors);
  }

  #program(
    main: string,
    args: readonly string[],
    group: boolean,
    environment = {},
    descriptors: Pick<ProgramOptions, 'stdout' | 'stderr'> = {},
  ): Program {
    return new Program(process.execPath, [main, ...args], {
      environment: { MIG_HOST_DIR: this.folder, ...environment },
      group,
      ...descriptors,
    });
  }

  /** Runs `xl`, whatever its exit status. */
  xl(...args: readonly string[]): Promise<Ended> {
    return this.start(...args).ended;
  }

  receive(...args: readonly string[]): Promise<Ended> {
    return this.#program(XL_RECEIVE, args, false).ended;
  }

  /**
   * Runs `xl`.
   * @returns its output
   * @throws unless its status is 0
   */
  async done(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.xl(...args);
    if (status !== 0) throw new Error(`xl ${args.join(' ')} ended with ${status}:\n${stdout}${stderr}`);
    return stdout;
  }

  /** Lists the domains as `xl` does. */
  async domains(): Promise<Domain[]> {
    if (this.#domainFolders().length === 0) return [];
    return JSON.parse(await this.done('list', '--json')) as Domain[];
  }

  /** Writes a configuration. @returns its path */
  async configure(guest: Guest = {}): Promise<string> {
    const { name, kernel, memory, cmdline } = { ...busyGuest, ...guest };
    const path = join(dirname(this.folder), `${this.name}-${name}.cfg`);
    // Without pages of zeros, which travel fast: a test counts pages, or needs a migration that lasts.
    const full = kernel === 'wss' && !cmdline.includes('memory=') ? `${cmdline} memory=full` : cmdline;
    const text = `name = "${name}"\ntype = "wasm"\nkernel = "${kernel}"\nmemory = ${memory}\ncmdline = "${full}"\n`;
    await writeFile(path, text);
    return path;
  }

  /** Creates a domain and waits until its guest is at work. */
  async create(guest: Guest = {}): Promise<GuestConsole> {
    await this.done('create', '-q', await this.configure(guest));
    const console = this.console(guest.name ?? busyGuest.name);
    if ((guest.kernel ?? busyGuest.kernel) === 'wss') await console.untilSaid(/^filled/m);
    await console.moreTicks(2);
    return console;
  }

  console(name: string): GuestConsole {
    const folder = this.#domainFolders().find((each) => nameIn(join(each, 'configuration.json')) === name);
    if (folder === undefined) throw new Error(`there is no ${name} on the ${this.name}`);
    const console = new GuestConsole(join(folder, 'console.log'));
    this.#consoles.push(console);
    return console;
  }

  /** The shell command for the receiving end on this host. */
  receiver(...args: readonly string[]): string {
    return this.#command('exec', XL_RECEIVE, args);
  }

  /** The shell command for `xl` on this host. */
  command(...args: readonly string[]): string {
    return this.#command('', XL, args);
  }

  /** The shell command for `xl` on the host of the environment. */
  bareCommand(...args: readonly string[]): string {
    return [process.execPath, XL, ...args].map(quoted).join(' ');
  }

  #command(before: string, program: string, args: readonly string[]): string {
    const command = [process.execPath, program, ...args].map(quoted).join(' ');
    return `MIG_HOST_DIR=${quoted(this.folder)} ${before} ${command}`;
  }

  /** Waits until no toolstack works here any more: only domains are left. */
  async quiet(): Promise<void> {
    await eventually(
      () => `the end of ${this.#toolstacks().map(describe).join(', ')}`,
      () => this.#toolstacks().length === 0 || undefined,
    );
  }

  #toolstacks(): FoundProcess[] {
    return processesOf(this.folder).filter((each) => !this.#isDomain(each));
  }

  #domainFolders(): string[] {
    return foldersIn(join(this.folder, 'domains'));
  }

  #isDomain({ workingDirectory }: FoundProcess): boolean {
    return workingDirectory.startsWith(join(this.folder, 'domains', '/'));
  }

  /**
   * Ends what runs here.
   * @returns what should not have been there: processes and files that belong to no domain, messages of
   * dead ones
   */
  async close(): Promise<string[]> {
    for (const console of this.#consoles) console.close();
    const strays = await this.quiet().then(
      () => [],
      (error: unknown) => [String(error)],
    );
    const processes = processesOf(this.folder);
    const inhabited = new Set(processes.map((each) => each.workingDirectory));
    const folders = this.#domainFolders();
    const lost = processes.filter((each) => this.#isDomain(each) && !folders.includes(each.workingDirectory));
    const empty = folders.filter((folder) => !inhabited.has(folder));
    const words = folders.map((folder) => textOf(join(folder, 'process.log'))).filter((text) => text !== '');
    for (const { pid } of processes) end(pid);
    await eventually('the end of the domains', () => processesOf(this.folder).length === 0 || undefined);
    return [
      ...strays,
      ...lost.map((each) => `a domain without a folder: ${describe(each)}`),
      ...empty.map((folder) => `a folder without a domain: ${folder}`),
      ...words.map((text) => `a domain's process said: ${text}`),
    ].map((each) => `${this.name}: ${each}`);
  }
}

function describe({ pid, command }: FoundProcess): string {
  return `${command} (${pid})`;
}

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder).map((name) => join(folder, name));
  } catch {
    // Nothing was ever run on this host.
    return [];
  }
}

function nameIn(configuration: string): unknown {
  return (JSON.parse(readFileSync(configuration, 'utf8')) as { c_info: { name: unknown } }).c_info.name;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // The process is gone already.
  }
}
