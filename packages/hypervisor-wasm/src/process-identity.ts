/** The process of a domain, and whether it is alive: yes, no, or unknown. */
import { MigError } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import { parseProcessStat, type ProcessStat } from '@mig/posix';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, isMissing } from './error-code.js';
import { replaceFile } from './replace-file.js';

/**
 * A unique identity of a process: a pid is reused, but not with the same start time in the same boot and
 * namespaces.
 */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTime: number;
  /** Content of /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** Target of /proc/self/ns/pid: a pid is valid only in its namespace. */
  readonly pidNamespace: string;
  /** Target of /proc/self/ns/time: start times differ between namespaces. Empty if the kernel has none. */
  readonly timeNamespace: string;
}

/** The content of process.json; an older mig writes only pid and start time. */
export type NotedIdentity = Pick<ProcessIdentity, 'pid' | 'startTime'> & Partial<ProcessIdentity>;

export type Liveness =
  | { readonly verdict: 'alive' }
  /** Certainly dead: its files may be removed. */
  | { readonly verdict: 'dead' }
  /** Unknown; the reason says in words what could not be read. */
  | { readonly verdict: 'unknown'; readonly reason: string };

/** A process's view of the others. */
export interface SystemView {
  /** The mount point of procfs. */
  readonly proc: string;
  /** The observing process's own pid. */
  readonly pid: number;
  /** Sends signal 0, and throws kill(2)'s error. */
  probe(pid: number): void;
}

export const thisSystem: SystemView = {
  proc: '/proc',
  pid: process.pid,
  probe: (pid) => void process.kill(pid, 0),
};

/** Thrown for a file that cannot be read, or has an unknown form; the message says which. */
export class UnreadableError extends MigError {
  override readonly name = 'UnreadableError';
  readonly code = 'unreadable-process';
}

/**
 * Identifies a process that is visible here.
 * @returns undefined if there is no such process, or only a zombie
 * @throws UnreadableError where that is unknown
 */
export function identityOf(process: number | 'self', system = thisSystem): ProcessIdentity | undefined {
  const where = whereabouts(system);
  const stat = readStat(process, system);
  if (stat === undefined || stat.hasEnded) return undefined;
  return { pid: stat.pid, startTime: stat.startTime, ...where };
}

/** @throws HostError `unavailable` where /proc does not tell */
export function ownIdentity(): ProcessIdentity {
  try {
    const identity = identityOf('self');
    if (identity !== undefined) return identity;
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    throw new HostError('unavailable', `no domain can be started here: ${error.message}`, { cause: error });
  }
  throw new HostError('unavailable', 'no domain can be started here: /proc/self/stat is not there');
}

/** Decides whether a process is alive. Anything unreadable makes the answer unknown, never dead. */
export function livenessOf(noted: NotedIdentity, system = thisSystem): Liveness {
  try {
    return judge(noted, system);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { verdict: 'unknown', reason: error.message };
  }
}

/** @throws HostError `unavailable` where that is unknown */
export function isAlive(noted: NotedIdentity): boolean {
  const liveness = livenessOf(noted);
  if (liveness.verdict !== 'unknown') return liveness.verdict === 'alive';
  const message = `whether process ${noted.pid} of the domain is alive cannot be seen: ${liveness.reason}`;
  throw new HostError('unavailable', message);
}

function judge(noted: NotedIdentity, system: SystemView): Liveness {
  const here = whereabouts(system);
  const { pid, startTime, bootId, pidNamespace, timeNamespace } = noted;
  if (bootId === undefined || pidNamespace === undefined || timeNamespace === undefined) {
    throw new UnreadableError('it is not noted in which boot and which namespaces its process was started');
  }
  if (bootId !== here.bootId) return { verdict: 'dead' };
  if (pidNamespace !== here.pidNamespace) {
    throw new UnreadableError(
      `its process is in another pid namespace (${pidNamespace}; here it is ${here.pidNamespace})`,
    );
  }
  if (timeNamespace !== here.timeNamespace) {
    throw new UnreadableError(
      `its process is in another time namespace (${timeNamespace}; here it is ${here.timeNamespace})`,
    );
  }
  const stat = readStat(pid, system);
  if (stat !== undefined) {
    return { verdict: stat.hasEnded || stat.startTime !== startTime ? 'dead' : 'alive' };
  }
  if (isGone(pid, system)) return { verdict: 'dead' };
  throw new UnreadableError(`${join(system.proc, String(pid))} is hidden: there is a process ${pid}`);
}

/**
 * Reads this process's namespaces and boot.
 * @throws UnreadableError unless /proc shows the namespace that this process is in
 */
function whereabouts(system: SystemView): Omit<ProcessIdentity, 'pid' | 'startTime'> {
  const bootIdPath = join(system.proc, 'sys/kernel/random/boot_id');
  const bootId = known(bootIdPath, textOf(bootIdPath)?.trim(), /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const pidNamespacePath = join(system.proc, 'self/ns/pid');
  const pidNamespace = known(pidNamespacePath, linkOf(pidNamespacePath), /^pid:\[[0-9]+\]$/);
  const timeNamespace = linkOf(join(system.proc, 'self/ns/time')) ?? '';
  if (readStat('self', system)?.pid !== system.pid) {
    throw new UnreadableError(`${system.proc} is of another pid namespace than this process`);
  }
  return { bootId, pidNamespace, timeNamespace };
}

/** @throws UnreadableError where the file is missing, or not in procfs's form */
function known(path: string, text: string | undefined, pattern: RegExp): string {
  if (text === undefined) throw new UnreadableError(`${path} is not there`);
  if (!pattern.test(text)) throw new UnreadableError(`${path} is not procfs's`);
  return text;
}

/** @returns undefined where there is no such process */
function readStat(process: number | 'self', system: SystemView): ProcessStat | undefined {
  const path = join(system.proc, String(process), 'stat');
  const text = textOf(path);
  if (text === undefined) return undefined;
  const stat = parseProcessStat(text);
  if (stat === undefined) throw new UnreadableError(`${path} is not procfs's`);
  return stat;
}

/** @returns false if a process of that pid exists without being visible */
function isGone(pid: number, system: SystemView): boolean {
  try {
    system.probe(pid);
    return false;
  } catch (error) {
    return codeOf(error) === 'ESRCH';
  }
}

function textOf(path: string): string | undefined {
  return unlessMissing(path, () => readFileSync(path, 'utf8'));
}

function linkOf(path: string): string | undefined {
  return unlessMissing(path, () => readlinkSync(path));
}

/** @returns undefined if there is no such file */
function unlessMissing(path: string, read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    // A process that ends while its files are open gives ESRCH.
    if (isMissing(error) || codeOf(error) === 'ESRCH') return undefined;
    throw new UnreadableError(`${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** Writes process.json atomically. */
export function writeIdentity(path: string, identity: ProcessIdentity): void {
  replaceFile(path, JSON.stringify(identity));
}

/**
 * Reads process.json.
 * @returns undefined if there is none; `foreign` if mig did not write it
 * @throws UnreadableError
 */
export function readIdentity(path: string): NotedIdentity | 'foreign' | undefined {
  let value: unknown;
  try {
    const text = textOf(path);
    if (text === undefined) return undefined;
    value = JSON.parse(text);
  } catch (error) {
    const isOther = error instanceof SyntaxError || codeOf((error as Error).cause) === 'EISDIR';
    if (isOther) return 'foreign';
    throw error;
  }
  return isIdentity(value) ? value : 'foreign';
}

/** Checks the form. A pid below 1 means a group of processes to kill(2), or all. */
function isIdentity(value: unknown): value is NotedIdentity {
  const noted = (value ?? {}) as Partial<Record<keyof ProcessIdentity, unknown>>;
  const { pid, startTime } = noted;
  return (
    Number.isSafeInteger(pid) &&
    (pid as number) >= 1 &&
    Number.isSafeInteger(startTime) &&
    [noted.bootId, noted.pidNamespace, noted.timeNamespace].every(
      (text) => text === undefined || typeof text === 'string',
    )
  );
}

export function isSameProcess(one: NotedIdentity, other: NotedIdentity): boolean {
  return (
    one.pid === other.pid &&
    one.startTime === other.startTime &&
    one.bootId === other.bootId &&
    one.pidNamespace === other.pidNamespace
  );
}
