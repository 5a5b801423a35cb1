/** Hosts for tests: each has its own folder, which is removed. */
import { HostError, type SaveOptions } from '@mig/hypervisor';
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Input, Output } from '@mig/posix';
import { simplePolicy } from '@mig/sender';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import { failure as failureOf } from '../../channel/src/failure.test-support.js';

/** Options for `vi.waitFor`, in milliseconds: as long as a test may take. */
export const UNTIL = { timeout: 150_000, interval: 20 };

export interface TestHost {
  readonly host: EmbeddedHost;
  readonly folder: string;
}

const opened: TestHost[] = [];

afterEach(() => {
  for (const { host, folder } of opened.splice(0)) {
    for (const { domid } of host.list()) host.destroy(domid);
    rmSync(folder, { recursive: true });
  }
});

export function openHost(): TestHost {
  const folder = mkdtempSync(join(tmpdir(), 'mig-host-'));
  const opening = { host: EmbeddedHost.open(folder), folder };
  opened.push(opening);
  return opening;
}

export function configurationOf(name: string, kernel: string, commandLine = '', memory = 1): string {
  return JSON.stringify({
    c_info: { type: 'wasm', name },
    b_info: {
      max_memkb: memory * 1024,
      target_memkb: memory * 1024,
      max_vcpus: 1,
      kernel,
      cmdline: commandLine,
    },
  });
}

/** Writes a module into the host's folder, as a value for `kernel`. */
export function moduleFile({ folder }: TestHost, module: Uint8Array): string {
  const path = join(folder, 'guest.wasm');
  writeFileSync(path, module);
  return path;
}

export function domainFolder({ folder }: TestHost, domid: number): string {
  return join(folder, 'domains', String(domid));
}

export function pidOf(test: TestHost, domid: number): number {
  const text = readFileSync(join(domainFolder(test, domid), 'process.json'), 'utf8');
  return (JSON.parse(text) as { pid: number }).pid;
}

/** The domain's process's open files: the path through /proc, and the kernel's name for the file. */
export function openFiles(test: TestHost, domid: number): { path: string; link: string }[] {
  const folder = `/proc/${pidOf(test, domid)}/fd`;
  return readdirSync(folder).flatMap((fd) => {
    const path = join(folder, fd);
    try {
      return [{ path, link: readlinkSync(path) }];
    } catch {
      // The descriptor was closed since.
      return [];
    }
  });
}

export interface Tick {
  readonly number: number;
  readonly time: number;
  readonly errors: number;
  readonly written: number;
}

/** The complete lines of a domain's console. */
export function consoleLines({ host }: TestHost, domid: number): string[] {
  const path = host.consolePath(domid);
  if (!existsSync(path)) return [];
  return readFileSync(path, 'utf8').split('\n').slice(0, -1);
}

export function ticks(lines: readonly string[]): Tick[] {
  return lines
    .map((line) => /^tick (\d+) (\d+) errors=(\d+) verified=\d+ written=(\d+)$/.exec(line))
    .filter((match) => match !== null)
    .map(([, ...fields]) => {
      const [number, time, errors, written] = fields.map(Number) as [number, number, number, number];
      return { number, time, errors, written };
    });
}

export function sweeps(lines: readonly string[]): number {
  return lines.filter((line) => line.startsWith('sweep ')).length;
}

export const LIVE: SaveOptions = { live: true, debug: false, policy: simplePolicy(), suspendTimeout: 5000 };
export const NOT_LIVE: SaveOptions = { ...LIVE, live: false };

/** Saves the domain, and leaves it suspended and held by nobody. */
export function save({ host }: TestHost, domid: number, path: string, options: SaveOptions) {
  const domain = host.take(domid, { kind: 'save', to: path });
  const fd = openSync(path, 'w');
  try {
    return domain.saveTo(new Output(fd, { subject: 'a file' }), options);
  } finally {
    closeSync(fd);
    domain.release();
  }
}

/**
 * Restores a domain, and leaves it paused.
 * @returns its domid
 */
export function restore({ host }: TestHost, path: string, configuration: string, name: string): number {
  const fd = openSync(path, 'r');
  try {
    const copy = host.restoreFrom(new Input(fd, { subject: 'a file' }), { configuration, name });
    copy.start(name, { paused: true });
    copy.release();
    return copy.domid;
  } finally {
    closeSync(fd);
  }
}

export const failure = (action: () => unknown): HostError => failureOf(action, HostError);

/** Sends a domain away, and releases it. */
export function sendAway({ host }: TestHost, domid: number): void {
  const domain = host.take(domid, { kind: 'migration' });
  const fd = openSync('/dev/null', 'w');
  try {
    domain.saveTo(new Output(fd, { subject: 'nothing' }), NOT_LIVE);
    domain.sendAway(`${domain.info.name}--migratedaway`, 'far');
  } finally {
    closeSync(fd);
    domain.release();
  }
}
