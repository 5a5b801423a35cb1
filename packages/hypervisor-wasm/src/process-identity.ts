/** Which process a domain lives in, and whether that process is alive: yes, no, or not to be said from here. */
import { HostError } from '@mig/hypervisor';
import { parseProcessStat, type ProcessStat } from '@mig/posix';
import { readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { codeOf, isMissing } from './error-code.js';
import { replaceFile } from './replace-file.js';

/** A process, for good: a pid is used again, but not with the same start time in the same boot and namespaces. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Clock ticks from boot to its start. */
  readonly startTime: number;
  /** /proc/sys/kernel/random/boot_id. */
  readonly bootId: string;
  /** What /proc/self/ns/pid links to: a pid means nothing in another one. */
  readonly pidNamespace: string;
  /** What /proc/self/ns/time links to: start times differ in another one. Empty where the kernel has none. */
  readonly timeNamespace: string;
}

/** The contents of process.json; one that an older mig wrote has pid and start time alone. */
export type NotedIdentity = Pick<ProcessIdentity, 'pid' | 'startTime'> & Partial<ProcessIdentity>;

export type Liveness =
  | { readonly verdict: 'alive' }
  /** For certain: whatever it left may be removed. */
  | { readonly verdict: 'dead' }
  /** The reason, in words, says what could not be read. */
  | { readonly verdict: 'unknown'; readonly reason: string };

/** The view that a process has of the others. */
export interface SystemView {
  /** Where procfs is mounted. */
  readonly proc: string;
  /** The pid of the process that looks, by its own count. */
  readonly pid: number;
  /** Sends signal 0, and throws what kill(2) says. */
  probe(pid: number): void;
}

export const thisSystem: SystemView = {
  proc: '/proc',
  pid: process.pid,
  probe: (pid) => void process.kill(pid, 0),
};

/** Could not be read, or reads as nothing known; the message says what. */
export class UnreadableError extends Error {
  override readonly name = 'UnreadableError';
}

/**
 * Identifies a process that is visible here.
 * @returns undefined where there is no such process, or only what is left of it until its parent asks
 * @throws UnreadableError where that cannot be said
 */
export function identityOf(process: number | 'self', system = thisSystem): ProcessIdentity | undefined {
  const where = whereabouts(system);
  const stat = readStat(process, system);
  if (stat === undefined || stat.hasEnded) return undefined;
  return { pid: stat.pid, startTime: stat.startTime, ...where };
}

/** @throws HostError `unavailable` where /proc does not say */
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

/** Judges whether a process is alive. Whatever cannot be read makes the answer unknown, and never dead. */
export function livenessOf(noted: NotedIdentity, system = thisSystem): Liveness {
  try {
    return judge(noted, system);
  } catch (error) {
    if (!(error instanceof UnreadableError)) throw error;
    return { verdict: 'unknown', reason: error.message };
  }
}

/** @throws HostError `unavailable` where that cannot be said */
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

/** @throws UnreadableError unless /proc shows the namespace that this process is in */
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

/** @throws UnreadableError where it is missing, or does not look as in procfs */
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

/** @returns false where a process of that pid cannot be seen, but has not gone */
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

/** @returns undefined where there is nothing of that name */
function unlessMissing(path: string, read: () => string): string | undefined {
  try {
    return read();
  } catch (error) {
    // A process that ends while its files are open: ESRCH.
    if (isMissing(error) || codeOf(error) === 'ESRCH') return undefined;
    throw new UnreadableError(`${path} cannot be read (${codeOf(error)})`, { cause: error });
  }
}

/** Writes process.json, whole or not at all. */
export function writeIdentity(path: string, identity: ProcessIdentity): void {
  replaceFile(path, JSON.stringify(identity));
}

/**
 * Reads process.json.
 * @returns undefined where there is none; `foreign` where it is not one that mig wrote
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

/** A pid below 1 is no process but a group of them to kill(2), or all. */
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
