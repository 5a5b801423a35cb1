import type { TargetTimeouts } from '@mig/receiver';
import type { Context } from '../host/context.js';
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';
import { standardNames } from '../io/standard-stream.js';
import { ArrivalLines } from '../view/arrival-lines.js';
import { runTask, TaskError } from '../worker/run-task.js';

/**
 * Milliseconds for the last lines to be read. The source waits for the end of this process, and has no way to
 * end it for that.
 */
const LAST_WORDS = 1000;

export async function receive(
  context: Context,
  options: {
    readonly paused: boolean;
    readonly attend: boolean;
    readonly unchecked: boolean;
    readonly arrivalsMax: number | undefined;
    readonly timeouts: TargetTimeouts;
  },
): Promise<void> {
  context.neverWait(LAST_WORDS);
  const imageEvents = context.log.verbosity > 0;
  const lines = new ArrivalLines(context.log, imageEvents);
  refuseTerminal();
  try {
    await runTask(
      context,
      { kind: 'receive', ...options, imageEvents },
      {
        onEvent: (event) => lines.onEvent(event),
        onSignal: (signal) => {
          lines.last(`${signal} received`);
          return 'stop';
        },
      },
    );
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    for (const line of [`${error.failure.message}.`, ...error.failure.advice]) lines.last(line);
    context.exitStatus = error.failure.exitStatus;
  }
}

/**
 * Refuses a terminal: it changes the octets that it carries, and takes some for commands. The source looks
 * for its name in the message.
 */
export function refuseTerminal(): void {
  const terminal = ([0, 1] as const).find((descriptor) => isatty(descriptor));
  if (terminal === undefined) return;
  throw new Failure(
    `migrate-receive is started by xl migrate on the other host, through pipes: ${standardNames[terminal]} is a terminal, ` +
      'as with ssh -t or RequestTTY; ssh -T goes without one',
  );
}
