import { type ChildProcess, spawn } from 'node:child_process';
import { blockingPipe, closeDescriptor, LARGEST_PIPE, setNonBlocking } from '@mig/posix';
import { searchFolders } from '@mig/posix/places';
import { delimiter } from 'node:path';
import type { Log } from '../output/log.js';
import { Relay } from '../output/relay.js';
import { heedSignals } from '../output/signals.js';
import { endFamily } from './end-family.js';

/** A program that carries both directions to the target end: ssh, or the target end itself. */
export interface Transport {
  readonly child: ChildProcess;
  /** Its stdout: readable here. */
  readonly inputFd: number;
  /** Its stdin: writable here. */
  readonly outputFd: number;
  /** How it ended: "exited with error status 7"; undefined after status 0. */
  readonly ended: Promise<string | undefined>;
}

/**
 * The command that reaches `xl migrate-receive` on a host, as stock `xl` builds it.
 * @param sshCommand empty: `host` itself is the command
 */
export function rune(sshCommand: string, host: string, receiveArguments: readonly string[]): string {
  if (sshCommand === '') return host;
  return ['exec', sshCommand, host, 'xl', ...receiveArguments].join(' ');
}

/**
 * The environment of the rune. Where mig has made it of SSHCOMMAND, that is not looked for in the working folder; where it is
 * all the operator's own, PATH is as well.
 */
export function runeEnvironment(sshCommand: string): NodeJS.ProcessEnv {
  if (sshCommand === '') return process.env;
  const { PATH, ...rest } = process.env;
  const folders = searchFolders(PATH);
  // An empty PATH would mean the working folder; without one the shell has its own.
  return folders.length === 0 ? rest : { ...rest, PATH: folders.join(delimiter) };
}

/** Not looked for: what is called so in the working folder is anybody's. */
export const SHELL = '/bin/sh';

/**
 * Runs the rune with `sh -c`. It keeps the terminal, so that ssh can ask for a password; Ctrl-C there is for this process
 * alone, which decides what becomes of the migration. What it says on standard error, most of it said by the other host,
 * is passed on.
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
  return { child, inputFd: fromChild.readEnd, outputFd: toChild.writeEnd, ended };
}

function describeEnd(status: number | null, signal: NodeJS.Signals | null): string | undefined {
  if (signal !== null) return `died of ${signal}`;
  return status === 0 ? undefined : `exited with error status ${status ?? 'unknown'}`;
}

/** Milliseconds for the transport to end by itself once the channel is closed. */
const GRACE = 10_000;

/**
 * Waits for the transport's end. It is hastened where it does not come, and by a signal: what there was to decide is
 * decided.
 */
export async function transportEnd({ child, ended }: Transport): Promise<string | undefined> {
  let ending: Promise<void> | undefined;
  // The shell may be waiting for what it runs instead of having become it: that must not live on without it.
  const hasten = () => void (ending ??= endFamily(child.pid));
  const timer = setTimeout(hasten, GRACE);
  const endHeed = heedSignals(hasten);
  const end = await ended;
  await ending;
  endHeed();
  clearTimeout(timer);
  return end;
}
