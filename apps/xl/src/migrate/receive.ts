import type { TargetState } from '@mig/protocol/handshake';
import type { TargetTimeouts } from '@mig/receiver';
import type { Context } from '../commands/context.js';
import { isatty } from 'node:tty';
import { Failure } from '../output/failure.js';
import { standardNames } from '../stream/standard-stream.js';
import { runTask, TaskError } from './run-task.js';

/** Stock's messages, in stock's order: they reach the operator through ssh's stderr. */
const stockMessages: Partial<Record<TargetState, string>> = {
  greeting: 'migration target: Ready to receive domain.',
  'awaiting-permission': 'migration target: Transfer complete, requesting permission to start domain.',
  starting: 'migration target: Got permission, starting domain.',
  'reporting-success': 'migration target: Domain started successfully.',
  'reporting-failure': 'migration target: Failure, destroying our copy.',
  'giving-back': 'migration target: Cleanup OK, granting sender permission to resume.',
};

/**
 * Milliseconds for the last words to be read. The source waits for the end of this process, and nobody is here who could end
 * it for that.
 */
const LAST_WORDS = 1000;

export async function receive(
  context: Context,
  options: {
    readonly paused: boolean;
    readonly attend: boolean;
    readonly unchecked: boolean;
    readonly timeouts: TargetTimeouts;
  },
): Promise<void> {
  context.neverWait(LAST_WORDS);
  const { log } = context;
  refuseTerminal();
  try {
    await runTask(
      context,
      { kind: 'receive', ...options, imageEvents: false },
      {
        onEvent: (event) => {
          if (event.kind === 'note') log.line(`migration target: ${event.text}.`);
          if (event.kind !== 'target-state') return;
          const message = stockMessages[event.state];
          if (message !== undefined) log.line(message);
        },
        onSignal: (signal) => {
          log.line(`migration target: ${signal} received`);
          return 'stop';
        },
      },
    );
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    log.line(`migration target: ${error.failure.message}.`);
    for (const line of error.failure.advice) log.line(`migration target: ${line}`);
    context.exitStatus = error.failure.exitStatus;
  }
}

/** A terminal changes the octets that it carries, and takes some for commands. Its name is what the source looks for. */
export function refuseTerminal(): void {
  const terminal = ([0, 1] as const).find((descriptor) => isatty(descriptor));
  if (terminal === undefined) return;
  throw new Failure(
    `migrate-receive is started by xl migrate on the other host, through pipes: ${standardNames[terminal]} is a terminal, ` +
      'as with ssh -t or RequestTTY; ssh -T goes without one',
  );
}
