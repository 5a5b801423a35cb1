/**
 * The pipes to libxl's process. libxl takes time to start, and the pipes belong to the whole process: so a
 * worker takes over those of the thread that started it, unless that thread is using them.
 */
import { spawn } from 'node:child_process';
import { getEnvironmentData, isMainThread, setEnvironmentData } from 'node:worker_threads';
import { blockingPipe, closeDescriptor } from '@mig/posix';

export interface LibxlConnection {
  readonly pid: number | undefined;
  /** The descriptor that requests are written to. */
  readonly requests: number;
  /** The descriptor that decisions are written to. */
  readonly decisions: number;
  /** The descriptor that replies are read from. */
  readonly replies: number;
  /** One word of Use, shared between threads. */
  readonly use: Int32Array;
}

/** Use of a connection by the thread that has it; gone: closed, or taken by a worker. */
const Use = { IDLE: 0, ASKING: 1, GONE: 2 } as const;

const FOR_WORKERS = '@mig/hypervisor-xen: libxl';

/** Starts a process. Its standard error, libxl's messages, is this process's own. */
export function startLibxl(program: string): LibxlConnection {
  const [requests, replies, decisions] = [blockingPipe(), blockingPipe(), blockingPipe()];
  const theirs = [requests.readEnd, replies.writeEnd, decisions.readEnd];
  const child = spawn(process.execPath, [program], {
    stdio: ['ignore', 'ignore', 'inherit', ...theirs],
    // A Ctrl-C at the terminal is for xl: processes that libxl has started, such as scripts, must finish.
    detached: true,
  });
  // If the process could not be started, the first request finds it ended.
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

/** Lets a worker that is started from here on take the connection. */
export function offerToWorkers(connection: LibxlConnection): void {
  if (isMainThread) setEnvironmentData(FOR_WORKERS, connection);
}

/** Takes what the main thread has offered, unless it is taken or in use. */
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

/** Marks the connection as gone: nobody may take it any more. */
export function retire({ use }: LibxlConnection): void {
  Atomics.store(use, 0, Use.GONE);
}

export function isGone({ use }: LibxlConnection): boolean {
  return Atomics.load(use, 0) === Use.GONE;
}
