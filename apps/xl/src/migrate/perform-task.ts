import type { Host, ImageReport, SaveObserver } from '@mig/hypervisor';
import { Input, type Interrupt, Output } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import { readConfiguration, receiveDomain } from '@mig/receiver';
import { liveMigrate, type MigrationObserver, suspendDomain } from '@mig/sender';
import { isGone } from '../commands/find-domain.js';
import { openHost } from '../commands/host.js';
import { StartWait } from '../estimate/start-wait.js';
import { measure } from '../estimate/measure-task.js';
import { completeFile } from '../stream/output-file.js';
import type { TraceOutlets } from '../trace/recorder.js';
import { explainFailure } from './explain-failure.js';
import { loadPolicy, seen } from './own-policy.js';
import { type AfterSave, RemnantError, SaveError } from './save-error.js';
import { Steering } from './steering.js';
import type { Task, TaskEvent, TaskInput, TaskResults } from './task.js';

/** The domain runs, whatever comes of this. */
function tryToAttend(host: Host, domid: number, tell: Tell): void {
  try {
    host.attend?.(domid);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    tell({ event: 'note', text: `nobody waits for the end of domain ${domid}: ${reason}` });
  }
}

type Tell = (event: TaskEvent) => void;

/** See TaskInput. */
interface Interrupts {
  readonly stop: Interrupt;
  readonly abandon: Interrupt;
  readonly steering: TaskInput['steering'];
  readonly asking: TaskInput['asking'];
}

/** Blocks until the task is done. */
export async function perform(
  task: Task,
  interrupts: Interrupts,
  tell: Tell,
  postTrace: (octets: Uint8Array) => void,
): Promise<TaskResults[keyof TaskResults]> {
  const interrupt = interrupts.stop;
  const host = await openHost();
  switch (task.kind) {
    case 'migrate':
      return await migrate(host, task, interrupts, tell, postTrace);
    case 'receive':
      return receive(host, task, interrupt, tell);
    case 'save':
      return save(host, task, interrupt, tell);
    case 'restore':
      return restore(host, task, interrupt);
    case 'measure':
      return measure(host, task, interrupt);
  }
}

async function migrate(
  host: Host,
  task: Task & { kind: 'migrate' },
  { stop: interrupt, abandon, steering: port, asking }: Interrupts,
  tell: Tell,
  post: (octets: Uint8Array) => void,
) {
  const input = new Input(task.inputFd, { subject: 'the answer from the target', interrupt });
  const output = new Output(task.outputFd, { subject: 'the stream to the target', interrupt });
  const trace = await traceOf(task, { post, note: (text) => tell({ event: 'note', text }) });
  try {
    const own = task.ownPolicy === undefined ? undefined : await loadPolicy(task.ownPolicy);
    const steering = new Steering(port, task.course, own && seen(own, asking));
    const startWait = new StartWait();
    const report = liveMigrate(
      host,
      task.domid,
      { input, output },
      {
        policy: steering.policy,
        bandwidth: steering.bandwidth,
        suspendCost: task.suspendCost,
        debug: task.debug,
        sentTo: task.sentTo,
        configuration: task.configuration,
        observer: trace?.observing(observer(tell, startWait)) ?? observer(tell, startWait),
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

/** Loaded where there is to be one. */
async function traceOf({ trace }: Task & { kind: 'migrate' }, outlets: TraceOutlets) {
  if (trace === undefined) return undefined;
  const { TraceRecorder } = await import('../trace/recorder.js');
  return new TraceRecorder(trace, outlets);
}

function receive(host: Host, task: Task & { kind: 'receive' }, interrupt: Interrupt, tell: Tell) {
  const input = new Input(0, { subject: 'the stream from the source', interrupt });
  const output = new Output(1, { subject: 'the answer to the source', interrupt });
  const received = receiveDomain(
    host,
    { input, output },
    {
      paused: task.paused,
      timeouts: task.timeouts,
      stateEntered: (state) => tell({ event: 'target-state', state }),
    },
  );
  if (task.attend) tryToAttend(host, received.domid, tell);
  return received;
}

function save(host: Host, task: Task & { kind: 'save' }, interrupt: Interrupt, tell: Tell) {
  const { domid, file } = task;
  const { progress, suspend } = task.timeouts;
  const patience = { what: 'the file took no octet', milliseconds: progress };
  const output = new Output(file.descriptor, { subject: 'the image', interrupt, patience });
  let report: ImageReport;
  const seen = { suspended: false };
  try {
    output.write(encodeXlHeader(xlHeader(task.configuration)));
    report = suspendDomain(host, domid, output, {
      observer: { ...observer(tell), suspended: () => (seen.suspended = true) },
      suspendTimeout: suspend,
    });
    if (task.after === 'resume-paused') host.pause(domid);
    if (task.after !== 'destroy') host.resume(domid);
    completeFile(file);
  } catch (error) {
    // One that was suspended by others may be running elsewhere.
    throw new SaveError(error, seen.suspended ? resumed(host, domid) : found(host, domid));
  }
  // Only now that the image has its name may the domain go.
  if (task.after === 'destroy') destroySaved(host, domid);
  return report;
}

function destroySaved(host: Host, domid: number): void {
  try {
    host.destroy(domid);
  } catch (error) {
    throw new RemnantError(error);
  }
}

function resumed(host: Host, domid: number): AfterSave {
  try {
    const { suspended, crashed } = host.describe(domid).state;
    if (!suspended && !crashed) return { is: 'running' };
    // Of one that does not answer as well: nobody can say that it runs.
    host.resume(domid);
    return { is: 'resumed' };
  } catch (problem) {
    return isGone(problem) ? { is: 'gone' } : { is: 'suspended', problem };
  }
}

/** A domain that the save has not touched. */
function found(host: Host, domid: number): AfterSave {
  try {
    const { paused, suspended, crashed } = host.describe(domid).state;
    return { is: paused || suspended || crashed ? 'as-it-was' : 'running' };
  } catch (error) {
    return { is: isGone(error) ? 'gone' : 'as-it-was' };
  }
}

function restore(host: Host, task: Task & { kind: 'restore' }, interrupt: Interrupt) {
  const patience = { what: 'no octet from the image', milliseconds: task.progress };
  const input = new Input(task.inputFd, { subject: 'the image', interrupt, patience });
  const arriving = readConfiguration(input);
  const configuration = task.configuration ?? arriving.configuration;
  const name = nameIn(configuration);
  const domid = host.restoreFrom(input, { configuration, name });
  if (!task.paused) host.unpause(domid);
  return { domid, name };
}

function nameIn(configuration: string): string {
  return (JSON.parse(configuration) as { c_info: { name: string } }).c_info.name;
}

/** Milliseconds between two news of a pass's progress. */
const PROGRESS_INTERVAL = 50;

function observer(tell: Tell, startWait?: StartWait): MigrationObserver & SaveObserver {
  let told = 0;
  let consulted = 0;
  return {
    stateEntered: (state) => tell({ event: 'source-state', state }),
    passStarted: (pass) => {
      startWait?.passStarted(pass);
      tell({ event: 'pass-started', ...pass });
    },
    passProgress: (progress) => {
      startWait?.passProgress(progress);
      const now = performance.now();
      if (now - told < PROGRESS_INTERVAL) return;
      told = now;
      tell({ event: 'progress', ...progress });
    },
    passFinished: (pass) => tell({ event: 'pass', ...pass }),
    consulted: (stats, answer) => {
      const now = performance.now();
      const within = stats.point === 'between-batches' && answer.decision === 'continue-precopy';
      if (within && now - consulted < PROGRESS_INTERVAL) return;
      consulted = now;
      tell({ event: 'consulted', stats, answer });
    },
    precopyEnded: (end) => tell({ event: 'precopy-ended', ...end }),
  };
}
