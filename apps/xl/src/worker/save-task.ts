/** A save to a file, in the worker: whatever happens, the domain or its image is there afterwards. */
import type { Host, ImageReport, OutgoingDomain } from '@mig/hypervisor';
import { type Interrupt, Output, setNonBlocking } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import { suspendDomain } from '@mig/sender';
import { isGone } from '../host/find-domain.js';
import { completeFile } from '../io/output-file.js';
import { type AfterSave, RemnantError, SaveError } from './save-error.js';
import { sentConfiguration } from '../configuration/sent-configuration.js';
import type { Task } from './task.js';

type SaveTask = Task & { kind: 'save' };

const STANDARD_OUTPUT = 1;

export function save(host: Host, task: SaveTask, interrupt: Interrupt) {
  const { file } = task;
  const { progress, suspend, stopAndCopy } = task.timeouts;
  const timeout = { what: 'the file took no octet', milliseconds: progress };
  // A write to a pipe that nobody reads would wait in the kernel otherwise, beyond any timeout and signal. The flags of
  // standard output, which is not opened anew where it is no pipe, are others' as well.
  if (file.descriptor !== STANDARD_OUTPUT) setNonBlocking(file.descriptor);
  const output = new Output(file.descriptor, { subject: `the image to ${task.path}`, interrupt, timeout });
  const domain = take(host, task);
  try {
    let report: ImageReport;
    const seen = { suspended: false };
    try {
      const configuration = sentConfiguration(domain.configuration, task.domid, task.configuration);
      output.write(encodeXlHeader(xlHeader(configuration)));
      report = suspendDomain(domain, output, {
        onEvent: ({ kind }) => {
          seen.suspended ||= kind === 'suspended';
        },
        suspendTimeout: suspend,
        stopAndCopyTimeout: stopAndCopy,
      });
      if (task.after !== 'destroy') domain.resume({ paused: task.after === 'resume-paused' });
      completeFile(file);
    } catch (error) {
      // One that was suspended by others may be running elsewhere.
      throw new SaveError(
        error,
        seen.suspended ? resumed(host, domain, task.after) : found(host, task.domid),
      );
    }
    // Only now that the image has its name may the domain go.
    if (task.after === 'destroy') destroySaved(domain);
    return report;
  } finally {
    domain.release();
  }
}

function take(host: Host, { domid, epoch, path }: SaveTask): OutgoingDomain {
  try {
    return host.take(domid, { kind: 'save', to: path, epoch });
  } catch (error) {
    throw new SaveError(error, found(host, domid));
  }
}

function destroySaved(domain: OutgoingDomain): void {
  try {
    domain.destroy();
  } catch (error) {
    throw new RemnantError(error);
  }
}

function resumed(host: Host, domain: OutgoingDomain, after: SaveTask['after']): AfterSave {
  const { domid, state: before } = domain.info;
  try {
    const { paused, suspended, crashed } = host.describe(domid).state;
    // Of one that does not answer as well: nobody can say that it runs.
    if (suspended || crashed) domain.resume();
    // For `save -p`, of which nothing has come.
    else if (paused && !before.paused && after === 'resume-paused') host.unpause(domid);
    return { kind: suspended || crashed ? 'resumed' : 'running' };
  } catch (problem) {
    return isGone(problem) ? { kind: 'gone' } : { kind: 'suspended', problem };
  }
}

/** A domain that the save has not touched. */
function found(host: Host, domid: number): AfterSave {
  try {
    const { paused, suspended, crashed } = host.describe(domid).state;
    return { kind: paused || suspended || crashed ? 'as-it-was' : 'running' };
  } catch (error) {
    return { kind: isGone(error) ? 'gone' : 'as-it-was' };
  }
}
