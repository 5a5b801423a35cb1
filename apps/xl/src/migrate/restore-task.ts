/** A restore from a file, in the worker. */
import type { Host } from '@mig/hypervisor';
import { Input, type Interrupt } from '@mig/posix';
import { readConfiguration } from '@mig/receiver';
import type { Task } from './task.js';

export function restore(host: Host, task: Task & { kind: 'restore' }, interrupt: Interrupt) {
  const patience = { what: 'no octet from the image', milliseconds: task.progress };
  const input = new Input(task.inputFd, { subject: 'the image', interrupt, patience });
  const arriving = readConfiguration(input);
  const configuration = task.configuration ?? arriving.configuration;
  const name = nameIn(configuration);
  const domain = host.restoreFrom(input, { configuration, name });
  try {
    domain.start(name, { paused: task.paused });
  } catch (error) {
    domain.destroy();
    throw error;
  }
  domain.release();
  const { domid, wasPaused } = domain;
  return { domid, name, wasPaused };
}

function nameIn(configuration: string): string {
  return (JSON.parse(configuration) as { c_info: { name: string } }).c_info.name;
}
