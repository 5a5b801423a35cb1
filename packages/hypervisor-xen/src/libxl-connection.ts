/**
 * The pipes to libxl's process. They are the whole process's, and libxl takes its time to start: a worker goes on with those
 * that the thread which started it had, unless that thread is using them.
 */
import { spawn } from 'node:child_process';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { closeDescriptor, pipe } from '@mig/posix';

export interface LibxlConnection {
  readonly pid: number | undefined;
  /** Written here. */
  readonly requests: number;
  /** Written here. */
  readonly decisions: number;
  /** Read here. */
  readonly replies: number;
  /** One word of Use, shared between threads. */
  readonly use: Int32Array;
}

/** By the thread that has it; gone: closed, or a worker's. */
const Use = { IDLE: 0, ASKING: 1, GONE: 2 } as const;

const FOR_WORKERS = '@mig/hypervisor-xen: libxl';

/** Starts a process. Its standard error, libxl's messages, is ours. */
export function startLibxl(program: string): LibxlConnection {
  const [requests, replies, decisions] = [pipe(), pipe(), pipe()];
  const theirs = [requests.readEnd, replies.writeEnd, decisions.readEnd];
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'ignore', 'inherit', ...theirs],
    // A Ctrl-C at the terminal is for xl: what libxl has started, scripts among it, is to come to its end.
    detached: true,
  });
  // Where it could not be started, the first question finds it ended.
  child.on('error', () => undefined);
  child.unref();
  for (const fd of theirs) closeDescriptor(fd);
  return {
    pid: child.pid,
    requests: requests.writeEnd,
    decisions: decisions.writeEnd,
    replies: replies.readEnd,
    use: new Int32Array(new SharedArrayBuffer(4)),
  };
}

/** A worker that is started from here on may take it. */
export function offerToWorkers(connection: LibxlConnection): void {
  if (isMainThread) setEnvironmentData(FOR_WORKERS, connection);
}

/** What the main thread has offered, where nobody has it and it is not in use. */
export function takeFromMainThread(): LibxlConnection | undefined {
  if (isMainThread) return undefined;
  const offered = getEnvironmentData(FOR_WORKERS) as LibxlConnection | undefined;
  if (offered === undefined) return undefined;
  if (Atomics.compareExchange(offered.use, 0, Use.IDLE, Use.GONE) !== Use.IDLE) return undefined;
  return { ...offered, use: new Int32Array(new SharedArrayBuffer(4)) };
}

/** @returns whether it may be used, until it is released */
export function claim({ use }: LibxlConnection): boolean {
  return Atomics.compareExchange(use, 0, Use.IDLE, Use.ASKING) === Use.IDLE;
}

export function release({ use }: LibxlConnection): void {
  Atomics.store(use, 0, Use.IDLE);
}

/** Nobody is to take it any more. */
export function retire({ use }: LibxlConnection): void {
  Atomics.store(use, 0, Use.GONE);
}

export function isGone({ use }: LibxlConnection): boolean {
  return Atomics.load(use, 0) === Use.GONE;
}
