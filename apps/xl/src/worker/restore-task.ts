/** The task of a restore from a file, in the worker. */
import type { Host } from '@mig/hypervisor';
import { Input, type Interrupt } from '@mig/posix';
import { readConfiguration } from '@mig/receiver';
import { checkFit } from '../configuration/sent-configuration.js';
import { forgetMove } from '../host/moved-domains.js';
import type { Task } from './task.js';

type RestoreTask = Task & { kind: 'restore' };

export function restore(host: Host, task: RestoreTask, interrupt: Interrupt) {
  const timeout = { what: 'no bytes from the image', milliseconds: task.progress };
  const input = new Input(task.inputFd, { subject: 'the image', interrupt, timeout });
  const arriving = readConfiguration(input);
  const configuration = replaced(host, arriving.configuration, task.replacement);
  const name = nameIn(configuration);
  const domain = host.restoreFrom(input, { configuration, name });
  try {
    domain.start(name, { paused: task.paused });
  } catch (error) {
    domain.destroy();
    throw error;
  }
  domain.release();
  forgetMove(host, name);
  const { domid, wasPaused } = domain;
  return { domid, name, wasPaused };
}

/**
 * Returns the replacing configuration.
 * @throws Failure if the image's domain could not live on with it; nothing is created then
 */
function replaced(host: Host, own: string, replacement: RestoreTask['replacement']): string {
  if (replacement === undefined) return own;
  const { json, file } = replacement;
  checkFit(host, own, json, file);
  return json;
}

function nameIn(configuration: string): string {
  return (JSON.parse(configuration) as { c_info: { name: string } }).c_info.name;
}
