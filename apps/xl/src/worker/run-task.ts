import { createRequire } from 'node:module';
import { MessageChannel, type Worker } from 'node:worker_threads';
import { exitAtOnce, Interrupt, type InterruptReason } from '@mig/posix';
import { leaveMissingFolder } from '@mig/posix/places';
import type { Context } from '../host/context.js';
import { Failure } from '../output/failure.js';
import { LossyLines } from '../output/lossy-lines.js';
import { endAtSignals, heedSignals } from '../output/signals.js';
import type { Log } from '../output/log.js';
import type { SteeringMessage } from './steering.js';
import type { Task, TaskEvents, TaskFailure, TaskInput, TaskMessage, TaskResults } from './task.js';

/** The functions of bin/task-worker.cjs, which also serves code that runs before this module is loaded. */
interface Threads {
  start(kind: Task['kind']): Worker;
  startAhead(kind: Task['kind']): void;
}

function threads(): Threads {
  return createRequire(import.meta.url)('../../bin/task-worker.cjs') as Threads;
}

/** Makes a thread load for a coming task: the thread starts with the present state of the process. */
export function prepareTask(kind: Task['kind']): void {
  threads().startAhead(kind);
}

/** A failed task, already in words. */
export class TaskError extends Error {
  override readonly name = 'TaskError';

  constructor(readonly failure: TaskFailure) {
    super(failure.message);
  }
}

/** Control of a running task. */
export interface TaskControl {
  steer(message: SteeringMessage): void;
  /** Ends the task where that is safe. */
  stop(reason: InterruptReason): void;
}

export interface TaskHooks<T extends Task = Task> {
  onStart?(control: TaskControl): void;
  onEvent?(event: TaskEvents[T['kind']]): void;
  /** Gets a record of the trace, if the task posts them. */
  onTrace?(octets: Uint8Array): void;
  /** Decides the effect of a signal; default: to stop. */
  onSignal?(signal: InterruptReason): SignalEffect;
}

/** Effect of a signal. `stop` and `abandon`: see TaskInput. `wait`: none. */
export type SignalEffect = 'stop' | 'abandon' | 'wait';

/**
 * Milliseconds for the worker to end after its task: it does not wait for what a policy has started there.
 */
const GRACE = 1000;
/** Milliseconds for a policy to answer once the task has to stop. */
const POLICY_TIMEOUT = 5000;

/**
 * Runs a task in a worker and, meanwhile, turns signals into its interrupts. The worker's output goes to the
 * log.
 * @throws TaskError; any other error if the worker ended before its task, and nothing was handled
 */
export async function runTask<T extends Task>(
  context: Pick<Context, 'log' | 'exitStatus'>,
  task: T,
  hooks: TaskHooks<T> = {},
): Promise<TaskResults[T['kind']]> {
  // All files of the task are open by now.
  leaveMissingFolder();
  const interrupts = { stop: Interrupt.create(), abandon: Interrupt.create() };
  const endHeed = heedSignals((signal) => {
    const effect = hooks.onSignal?.(signal) ?? 'stop';
    if (effect !== 'wait') interrupts[effect].raise(signal);
  });
  try {
    return (await inWorker(task, interrupts, hooks, context.log)) as TaskResults[T['kind']];
  } finally {
    // What a task has done is done, and no signal changes the exit status; after a measurement nothing is done yet.
    if (task.kind !== 'measure') endAtSignals(() => exitAtOnce(context.exitStatus));
    endHeed();
    interrupts.stop.close();
    interrupts.abandon.close();
  }
}

function inWorker(
  task: Task,
  { stop, abandon }: { stop: Interrupt; abandon: Interrupt },
  hooks: TaskHooks,
  log: Log,
): Promise<unknown> {
  const { port1: ours, port2: steering } = new MessageChannel();
  const asking = new Int32Array(new SharedArrayBuffer(4));
  const input: TaskInput = { task, stop: stop.shared, abandon: abandon.shared, steering, asking };
  return new Promise((resolve, reject) => {
    const worker = threads().start(task.kind);
    worker.postMessage(input, [steering]);
    const printed = new LossyLines({ line: (text) => log.text(text), waiting: () => log.waiting }, () => '');
    for (const stream of [worker.stdout, worker.stderr]) {
      stream.setEncoding('utf8').on('data', (text: string) => printed.news(text));
    }
    // The first outcome counts: nothing later changes it.
    let outcome: (() => void) | undefined;
    let late: NodeJS.Timeout | undefined;
    const ended = (how: () => void) => {
      outcome ??= how;
      late ??= setTimeout(() => void worker.terminate(), GRACE);
    };
    worker.on('message', (message: TaskMessage) => {
      if (message.kind === 'event') hooks.onEvent?.(message.event);
      else if (message.kind === 'trace') hooks.onTrace?.(message.octets);
      else if (message.kind === 'result') ended(() => resolve(message.result));
      else ended(() => reject(new TaskError(message.failure)));
    });
    worker.on('error', (error) => {
      outcome ??= () => reject(error instanceof Error ? error : new Error(String(error)));
    });
    // A policy is asked only while the domain runs: ending a thread that hangs in a policy loses nothing.
    let before = 0;
    const watch = setInterval(() => {
      const now = Atomics.load(asking, 0);
      if (stop.raised !== undefined && now === before && now % 2 === 1) {
        outcome ??= () => reject(new Failure('the policy does not answer'));
        void worker.terminate();
      }
      before = now;
    }, POLICY_TIMEOUT);
    let gone = false;
    worker.on('exit', () => {
      gone = true;
      clearTimeout(late);
      clearInterval(watch);
      ours.close();
      outcome ??= () => reject(new Failure('the thread that did the work has ended without a word'));
      outcome();
    });
    hooks.onStart?.({
      steer: (message) => ours.postMessage(message),
      stop: (reason) => {
        // The descriptor may belong to another file by then.
        if (!gone) stop.raise(reason);
      },
    });
  });
}
