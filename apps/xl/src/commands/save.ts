import type { SourceTimeouts } from '@mig/sender';
import type { Context } from '../host/context.js';
import { findDomain, refuseAway } from '../host/find-domain.js';
import { openOutputFile } from '../io/output-file.js';
import { nameOf, refuseLoss } from '../io/standard-stream.js';
import { millisecondsText, octetsText } from '../output/figures.js';
import { runTask, TaskError } from '../worker/run-task.js';
import { replacementIn } from '../configuration/sent-configuration.js';

export async function save(
  context: Context,
  domain: string,
  path: string,
  config: string | undefined,
  options: { c?: true; p?: true; D?: true; timeouts: SourceTimeouts },
): Promise<void> {
  context.neverWait();
  const host = await context.openHost();
  const found = findDomain(host, domain);
  refuseAway(found);
  const { domid, name, epoch } = found;
  const configuration = {
    json: await replacementIn(config, host, domid, context.log),
    preserveDomid: options.D,
  };
  const { log } = context;
  if (path === '-') refuseLoss();
  const file = openOutputFile('-', path);
  log.line(`Saving to ${nameOf(path, 1)}`);
  try {
    const after = options.p === true ? 'resume-paused' : options.c === true ? 'resume' : 'destroy';
    const report = await runTask(
      context,
      {
        kind: 'save',
        domid,
        epoch,
        file: file.completion,
        path: nameOf(path, 1),
        configuration,
        after,
        timeouts: options.timeouts,
      },
      {
        onSignal: () => {
          log.line(`stopping: ${name} stays here`);
          return 'stop';
        },
      },
    );
    log.detail(`xl: ${octetsText(report.octets)} in ${millisecondsText(report.milliseconds)}`);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    log.line(`Failed to save domain: ${error.failure.message}.`);
    for (const line of error.failure.advice) log.line(line);
    context.exitStatus = error.failure.exitStatus;
  } finally {
    file.close();
  }
}
