/** The task of a migration's target, in the worker. Blocks until the domain runs, or has failed to arrive. */
import { messageOf } from '@mig/errors';
import type { Host } from '@mig/hypervisor';
import { Input, type Interrupt, Output } from '@mig/posix';
import { receiveDomain } from '@mig/receiver';
import { forgetMove } from '../host/moved-domains.js';
import { paced, type Emit } from './pace.js';
import type { Task } from './task.js';

export function receive(host: Host, task: Task & { kind: 'receive' }, interrupt: Interrupt, emit: Emit) {
  const input = new Input(0, { subject: 'the stream from the source', interrupt });
  const output = new Output(1, { subject: 'the answer to the source', interrupt });
  const received = receiveDomain(
    host,
    { input, output },
    {
      paused: task.paused,
      unchecked: task.unchecked,
      arrivalsMax: task.arrivalsMax,
      timeouts: task.timeouts,
      imageEvents: task.imageEvents,
      onEvent: paced(emit),
    },
  );
  const { name, wasPaused } = received;
  forgetMove(host, name);
  if (wasPaused) {
    emit({
      kind: 'note',
      text: `${name} was paused at the source, and is paused here: 'xl unpause ${name}' lets it run`,
    });
  }
  if (task.attend) tryToAttend(host, received.domid, emit);
  return received;
}

/** Starts the domain's monitor, if possible: a failure does not stop the domain. */
function tryToAttend(host: Host, domid: number, emit: Emit): void {
  try {
    host.attend?.(domid);
  } catch (error) {
    const reason = messageOf(error);
    emit({ kind: 'note', text: `nobody waits for the end of domain ${domid}: ${reason}` });
  }
}
