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
  const domid = host.restoreFrom(input, { configuration, name });
  if (!task.paused) host.unpause(domid);
  return { domid, name };
}

function nameIn(configuration: string): string {
  return (JSON.parse(configuration) as { c_info: { name: string } }).c_info.name;
}
