import { closeSync, openSync } from 'node:fs';
import type { Context } from '../host/context.js';
import { nameOf, standardStream } from '../io/standard-stream.js';
import { runTask, TaskError } from '../worker/run-task.js';
import { cordonNote } from './cordon.js';
import { configurationIn } from '../configuration/sent-configuration.js';

export async function restore(
  context: Context,
  path: string,
  config: string | undefined,
  options: { readonly paused: boolean; readonly progress: number },
): Promise<void> {
  const { arrivals } = await context.openHost();
  context.neverWait();
  const cordon = cordonNote(arrivals.now());
  const replacement = config === undefined ? undefined : { file: config, json: configurationIn(config) };
  const fd = path === '-' ? standardStream(0) : openSync(path, 'r');
  const { log } = context;
  try {
    if (cordon !== undefined)
      log.line(`${cordon}; this domain is restored all the same: it was asked for here`);
    log.line(`Loading new save file ${nameOf(path, 0)}`);
    const { domid, name, wasPaused } = await runTask(context, {
      kind: 'restore',
      inputFd: fd,
      replacement,
      ...options,
    });
    log.detail(`xl: domain ${name} has domid ${domid}`);
    if (wasPaused)
      log.line(`${name} was paused when it was saved, and is paused: 'xl unpause ${name}' lets it run`);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    log.line(`Failed to restore domain: ${error.failure.message}.`);
    for (const line of error.failure.advice) log.line(line);
    context.exitStatus = error.failure.exitStatus;
  } finally {
    if (fd !== 0) closeSync(fd);
  }
}
