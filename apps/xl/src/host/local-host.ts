import type { Host } from '@mig/hypervisor';

/** The host that `xl` runs on: a Host that also makes domains from nothing and keeps their consoles. */
export interface LocalHost extends Host {
  /** @returns the domid */
  create(configurationJson: string, options: { paused: boolean }): number;
  /** The file that a domain's console writes to. */
  consolePath(domid: number): string;
}

export function isLocal(host: Host): host is LocalHost {
  return 'create' in host;
}
