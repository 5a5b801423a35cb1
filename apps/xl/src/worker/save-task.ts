/**
 * The task of a save to a file, in the worker: whatever happens, the domain or its image exists afterwards.
 */
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
  const timeout = { what: 'the file took no bytes', milliseconds: progress };
  // Otherwise a write to a pipe without a reader would wait in the kernel, beyond any timeout and signal. The
  // flags of standard output, which is only opened anew if it is a pipe, are shared with others.
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
      // A domain that others have suspended may be running elsewhere.
      throw new SaveError(
        error,
        seen.suspended ? resumed(host, domain, task.after) : found(host, task.domid),
      );
    }
    // The domain may go only now that the image has its name.
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
    // Also for a domain that does not answer: whether it runs is unknown.
    if (suspended || crashed) domain.resume();
    // Undoes the pause of a `save -p` that failed.
    else if (paused && !before.paused && after === 'resume-paused') host.unpause(domid);
    return { kind: suspended || crashed ? 'resumed' : 'running' };
  } catch (problem) {
    return isGone(problem) ? { kind: 'gone' } : { kind: 'suspended', problem };
  }
}

/** Returns the state of a domain that the save has not changed. */
function found(host: Host, domid: number): AfterSave {
  try {
    const { paused, suspended, crashed } = host.describe(domid).state;
    return { kind: paused || suspended || crashed ? 'as-it-was' : 'running' };
  } catch (error) {
    return { kind: isGone(error) ? 'gone' : 'as-it-was' };
  }
}
