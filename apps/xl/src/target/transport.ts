import { type ChildProcess, spawn } from 'node:child_process';
import { blockingPipe, closeDescriptor, LARGEST_PIPE, setNonBlocking } from '@mig/posix';
import { searchFolders } from '@mig/posix/places';
import { delimiter } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Log } from '../output/log.js';
import { Relay } from '../output/relay.js';
import { heedSignals } from '../output/signals.js';
import type { EarlyEnd } from './early-end.js';
import { endFamily } from './end-family.js';

/** A program that carries both directions to the target end: ssh, or the target end itself. */
export interface Transport {
  readonly child: ChildProcess;
  /** The descriptor of its stdout: readable here. */
  readonly inputFd: number;
  /** The descriptor of its stdin: writable here. */
  readonly outputFd: number;
  /** The way it ended, such as "exited with error status 7"; undefined after status 0. */
  readonly ended: Promise<string | undefined>;
  /** Returns its last words on standard error. */
  readonly said: () => string;
}

/**
 * Makes the command that reaches `xl migrate-receive` on a host, as stock `xl` builds it.
 * @param sshCommand empty: `host` itself is the command
 */
export function rune(sshCommand: string, host: string, receiveArguments: readonly string[]): string {
  if (sshCommand === '') return host;
  return ['exec', sshCommand, host, 'xl', ...receiveArguments].join(' ');
}

/**
 * Makes the environment of the rune. If mig made the rune from SSHCOMMAND, the program is not searched in the
 * working folder; if the whole rune is the operator's, PATH stays as it is.
 */
export function runeEnvironment(sshCommand: string): NodeJS.ProcessEnv {
  if (sshCommand === '') return process.env;
  const { PATH, ...rest } = process.env;
  const folders = searchFolders(PATH);
  // An empty PATH would mean the working folder; without one the shell has its own.
  return folders.length === 0 ? rest : { ...rest, PATH: folders.join(delimiter) };
}

/**
 * Path of the shell, which is not searched: anybody may have put a program of that name into the working
 * folder.
 */
export const SHELL = '/bin/sh';

/**
 * Runs the rune with `sh -c`. It keeps the terminal, so that ssh can ask for a password; Ctrl-C there reaches
 * only this process, which decides what becomes of the migration. Its standard error, which mostly comes from
 * the other host, is passed on.
 */
export function openTransport(command: string, environment: NodeJS.ProcessEnv, log: Log): Transport {
  const toChild = blockingPipe(LARGEST_PIPE);
  const fromChild = blockingPipe(LARGEST_PIPE);
  setNonBlocking(toChild.writeEnd);
  setNonBlocking(fromChild.readEnd);
  const words = new Relay(log);
  const child = spawn(SHELL, ['-c', `trap '' INT; ${command}`], {
    env: environment,
    stdio: [toChild.readEnd, fromChild.writeEnd, words.descriptor],
  });
  closeDescriptor(toChild.readEnd);
  closeDescriptor(fromChild.writeEnd);
  words.started();
  const ended = new Promise<string | undefined>((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('exit', (status, signal) => resolve(describeEnd(status, signal)));
  }).finally(() => words.finish());
  return { child, inputFd: fromChild.readEnd, outputFd: toChild.writeEnd, ended, said: () => words.said };
}

function describeEnd(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `died of ${signal}`;
  return status === 0 ? undefined : `exited with error status ${status ?? 'unknown'}`;
}

/** Milliseconds for the transport to end by itself once the channel is closed. */
const GRACE = 10_000;
/** Milliseconds for one that closed the channel before a word came through it. */
const EARLY_GRACE = 1000;

/**
 * Waits for the transport's end, and forces it after a timeout, or at a signal: everything has been decided
 * by then.
 */
export async function transportEnd({ child, ended }: Transport, grace = GRACE): Promise<string | undefined> {
  let ending: Promise<void> | undefined;
  // The shell may wait for the program instead of having become it: the program must not outlive the shell.
  const hasten = () => void (ending ??= endFamily(child.pid));
  const timer = setTimeout(hasten, grace);
  const endHeed = heedSignals(hasten);
  const end = await ended;
  await ending;
  endHeed();
  clearTimeout(timer);
  return end;
}

/** The end of a transport before the target was heard. */
export interface EndBeforeBanner extends EarlyEnd {
  /** The way it ended; undefined after status 0, or if it has not ended. */
  readonly how: string | undefined;
}

/** Waits a moment for the end of a transport through which no banner came. */
export async function endBeforeBanner({ child, ended, said }: Transport): Promise<EndBeforeBanner> {
  const waiting = new AbortController();
  const late = pause(EARLY_GRACE, undefined, { signal: waiting.signal }).catch(() => undefined);
  const how = await Promise.race([ended, late]);
  waiting.abort();
  return { how, status: child.exitCode, said: said() };
}
