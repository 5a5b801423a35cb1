/**
 * Finds the processes that save or restore domains: libxl's save helpers of any toolstack, one for each
 * domain, and the stock `xl` that holds a domain before and after its helper.
 */
import { closeSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { basename, join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { parseProcessStat } from '@mig/posix';
import { parseHelperArguments, SaveFlag } from '@mig/protocol/save-helper';

const MODES = ['--save-domain', '--restore-domain'];

export interface SaveHelper {
  readonly pid: number;
  readonly domid: number;
  readonly mode: 'save' | 'restore';
  readonly live: boolean;
}

/**
 * @param proc the mount point of procfs
 * @throws HostError `unavailable` where a process cannot be looked at, and so could be one
 */
export function helpersAtWork(proc = '/proc'): SaveHelper[] {
  const kernels = startedByKernel(proc);
  return commandLinesIn(proc, kernels).flatMap(([pid, commandLine]) => helperOf(pid, commandLine) ?? []);
}

/**
 * Finds the stock `xl` that saves or migrates a domain. While it waits for its target it has no helper, and
 * the domain is suspended under its own name.
 * @param calls words that may name the domain there: its names, its domid
 * @returns its process. See `helpersAtWork`
 */
export function stockXlMoving(calls: readonly string[], proc = '/proc'): number | undefined {
  const isMoving = ([pid, commandLine]: readonly [number, string]) => {
    const [program = '', ...words] = wordsOf(commandLine);
    const moved = movedBy(words);
    return (
      moved !== undefined &&
      calls.includes(moved) &&
      (basename(program) === 'xl' || usesLibxl(join(proc, String(pid))))
    );
  };
  return commandLinesIn(proc).find(isMoving)?.[0];
}

/** Tells whether a live save is under way: a plain one does not use the log. See `helpersAtWork`. */
export function isBeingSavedLive(domid: number, proc = '/proc'): boolean {
  return helpersAtWork(proc).some((helper) => helper.live && helper.domid === domid);
}

/**
 * Finds a save helper that works on the domain beside this process. A wrapper of this one, such as strace or
 * a script, and what the wrapper has forked are none, although they have its arguments.
 * @returns its process. See `helpersAtWork`
 */
export function anotherSaverOf(domid: number, proc = '/proc'): number | undefined {
  const self = ownPid(proc);
  const savers = helpersAtWork(proc)
    .filter((helper) => helper.mode === 'save' && helper.domid === domid)
    .map(({ pid }) => pid);
  if (savers.every((pid) => pid === self)) return undefined;
  const tracer = tracerOf(self, proc);
  const wrapper = withAncestors(self, proc).findLast((pid) => savers.includes(pid)) ?? self;
  return savers.find((pid) => pid !== tracer && !withAncestors(pid, proc).includes(wrapper));
}

/** Finds the process ID of this process in procfs, which may show those of another PID namespace. */
function ownPid(proc: string): number {
  const path = join(proc, 'self');
  try {
    return Number(readlinkSync(path));
  } catch (error) {
    return unreadable(path, error);
  }
}

/** @returns 0 if it has none; strace -D is no ancestor of what it traces */
function tracerOf(pid: number, proc: string): number {
  return Number(/^TracerPid:\t(\d+)$/m.exec(textOf(join(proc, String(pid), 'status')) ?? '')?.[1] ?? 0);
}

/** Lists a process, its parent, and so on, as far as they can be seen. */
function withAncestors(pid: number, proc: string): readonly number[] {
  const family: number[] = [];
  for (let next = pid; next > 0 && !family.includes(next); next = parentOf(next, proc)) family.push(next);
  return family;
}

/** @returns 0 if it is not known */
function parentOf(pid: number, proc: string): number {
  return parseProcessStat(textOf(join(proc, String(pid), 'stat')) ?? '')?.parent ?? 0;
}

/** Lists each process with its command line, but for those left out. */
function commandLinesIn(proc: string, leftOut?: ReadonlySet<string>): (readonly [number, string])[] {
  return processesIn(proc).flatMap((pid) => {
    if (leftOut?.has(pid) === true) return [];
    const commandLine = commandLineOf(join(proc, pid));
    return commandLine === undefined ? [] : [[Number(pid), commandLine] as const];
  });
}

function commandLineOf(process: string): string | undefined {
  return textOf(join(process, 'cmdline'));
}

/**
 * Lists the children of kthreadd, which is process 2 but in a PID namespace: kernel threads, most of a host's
 * processes, and programs that the kernel starts. A save helper is a child of its toolstack.
 * @returns none where the kernel does not list children (CONFIG_PROC_CHILDREN)
 */
function startedByKernel(proc: string): ReadonlySet<string> {
  const kthreadd = join(proc, '2');
  const isThere = textOf(join(kthreadd, 'comm')) === 'kthreadd\n';
  return new Set(isThere ? textOf(join(kthreadd, 'task/2/children'))?.split(' ') : []);
}

/** Tells whether a process uses libxl: a stock xl may have another name, if mig's has taken its place. */
function usesLibxl(process: string): boolean {
  return textOf(join(process, 'maps'))?.includes('/libxenlight.so') ?? false;
}

const buffer = Buffer.allocUnsafe(64 * 1024);

/**
 * Reads a file of procfs, by as few system calls as there can be: the processes are looked at while a domain
 * is suspended, too.
 * @returns undefined if the process has just ended
 */
function textOf(path: string): string | undefined {
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    let text = '';
    for (let count; (count = readSync(fd, buffer, 0, buffer.length, null)) > 0;) {
      text += buffer.toString('latin1', 0, count);
    }
    return text;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' || code === 'ESRCH' ? undefined : unreadable(path, error);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function processesIn(proc: string): string[] {
  try {
    return readdirSync(proc).filter((name) => /^[0-9]+$/.test(name));
  } catch (error) {
    return unreadable(proc, error);
  }
}

function unreadable(path: string, cause: unknown): never {
  const { code } = cause as NodeJS.ErrnoException;
  const message = `which domains are being migrated cannot be seen: ${path} cannot be read (${code})`;
  throw new HostError('unavailable', message, { cause });
}

function helperOf(pid: number, commandLine: string): SaveHelper | undefined {
  if (!MODES.some((mode) => commandLine.includes(mode))) return undefined;
  const words = wordsOf(commandLine);
  try {
    const parsed = parseHelperArguments(words.slice(words.findIndex((word) => MODES.includes(word))));
    const { mode, domid } = parsed;
    const live = parsed.mode === 'save' && (parsed.flags & SaveFlag.LIVE) !== 0;
    return { pid, domid, mode, live };
  } catch {
    // Another program's option of that name.
    return undefined;
  }
}

function wordsOf(commandLine: string): readonly string[] {
  // The kernel gives octets.
  return Buffer.from(commandLine, 'latin1').toString().replace(/\0$/, '').split('\0');
}

/** The stock xl's commands that may be abbreviated. mig's own process is Node, or a shell. */
const MOVES = ['migrate', 'save'];

/** @returns the domain in `xl [-v...] migrate|save [OPTION...] DOMAIN ...`, from the words after `xl` */
function movedBy(words: readonly string[]): string | undefined {
  const isOption = (word: string) => word.startsWith('-');
  const index = words.findIndex((word) => !isOption(word));
  const command = words[index] ?? '';
  if (command.length < 2 || !MOVES.some((move) => move.startsWith(command))) return undefined;
  const rest = words.slice(index + 1);
  // An option with a separate argument: -C CONFIG, -s SSHCOMMAND.
  return rest.find((word, i) => !isOption(word) && !/^-[a-zA-Z]*[Cs]$/.test(rest[i - 1] ?? ''));
}
