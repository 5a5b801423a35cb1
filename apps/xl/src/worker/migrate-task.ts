/** The task of a migration's source, in the worker. Blocks until the migration is over. */
import type { Host, SendEvent } from '@mig/hypervisor';
import { Input, type Interrupt, Output } from '@mig/posix';
import { liveMigrate } from '@mig/sender';
import { type Settings, withDefaults } from '@mig/sender/policy';
import { StartWait } from './start-wait.js';
import type { TraceOutlets } from './recorder.js';
import { explainFailure } from './explain-failure.js';
import { loadPolicy, withHeartbeat } from './own-policy.js';
import { paced, type Emit } from './pace.js';
import { sentConfiguration } from '../configuration/sent-configuration.js';
import { Steering } from './steering.js';
import type { Task, TaskInput } from './task.js';

type MigrateTask = Task & { kind: 'migrate' };

/** The interrupts of a task: see TaskInput. */
export interface Interrupts {
  readonly stop: Interrupt;
  readonly abandon: Interrupt;
  readonly steering: TaskInput['steering'];
  readonly asking: TaskInput['asking'];
}

export async function migrate(
  host: Host,
  task: MigrateTask,
  { stop: interrupt, abandon, steering: port, asking }: Interrupts,
  emit: Emit,
  post: (octets: Uint8Array) => void,
) {
  const input = new Input(task.inputFd, { subject: 'the answer from the target', interrupt });
  const output = new Output(task.outputFd, { subject: 'the stream to the target', interrupt });
  const trace = await traceOf(task, { post, note: (text) => emit({ kind: 'note', text }) });
  try {
    const own = task.ownPolicy === undefined ? undefined : await loadPolicy(task.ownPolicy);
    const inForce = (given: Settings) => (own === undefined ? withDefaults(given) : given);
    let settings = inForce(task.settings);
    const steering = new Steering(port, task.settings, own && withHeartbeat(own, asking), (changed) => {
      trace?.settingsChanged(changed);
      const before = settings;
      settings = inForce(changed);
      emit({ kind: 'settings-changed', before, settings });
    });
    const startWait = new StartWait();
    const toldNowAndThen = paced(emit);
    const report = liveMigrate(
      host,
      task.domid,
      { input, output },
      {
        epoch: task.epoch,
        policy: steering.policy,
        bandwidth: steering.bandwidth,
        suspendCost: task.suspendCost,
        lineRate: task.lineRate,
        debug: task.debug,
        compress: task.compress,
        digest: task.digest,
        unchecked: task.unchecked,
        sentTo: task.sentTo,
        configuration: (own) => sentConfiguration(own, task.domid, task.configuration),
        dirtyBitmaps: task.trace?.bitmaps,
        onEvent: (event: SendEvent) => {
          // The trace comes first: its record is with the kernel before any other listener gets the event.
          trace?.onEvent(event);
          startWait.onEvent(event);
          toldNowAndThen(event);
        },
        timeouts: task.timeouts,
        abandon,
      },
    );
    trace?.complete(report);
    return { ...report, startWaitMilliseconds: startWait.milliseconds };
  } catch (error) {
    trace?.failed(explainFailure(error));
    throw error;
  } finally {
    // The target sees the end of the stream, and ends.
    output.close();
    input.close();
  }
}

/** Loads the recorder if a trace is wanted. */
async function traceOf({ trace }: MigrateTask, outlets: TraceOutlets) {
  if (trace === undefined) return undefined;
  const { TraceRecorder } = await import('./recorder.js');
  return new TraceRecorder(trace, outlets);
}
