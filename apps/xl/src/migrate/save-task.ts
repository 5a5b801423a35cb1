/** A save to a file, in the worker: whatever happens, the domain or its image is there afterwards. */
import type { Host, ImageReport } from '@mig/hypervisor';
import { type Interrupt, Output } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import { suspendDomain } from '@mig/sender';
import { isGone } from '../commands/find-domain.js';
import { completeFile } from '../stream/output-file.js';
import { type AfterSave, RemnantError, SaveError } from './save-error.js';
import type { Task } from './task.js';
import { taskObserver, type Tell } from './task-observer.js';

export function save(host: Host, task: Task & { kind: 'save' }, interrupt: Interrupt, tell: Tell) {
  const { domid, file } = task;
  const { progress, suspend } = task.timeouts;
  const patience = { what: 'the file took no octet', milliseconds: progress };
  const output = new Output(file.descriptor, { subject: 'the image', interrupt, patience });
  let report: ImageReport;
  const seen = { suspended: false };
  try {
    output.write(encodeXlHeader(xlHeader(task.configuration)));
    report = suspendDomain(host, domid, output, {
      observer: { ...taskObserver(tell), suspended: () => (seen.suspended = true) },
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
    const { paused, suspended, crashed } = host.describe(domid).state;
    // For `save -p`, of which nothing has come.
    if (paused) host.unpause(domid);
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
