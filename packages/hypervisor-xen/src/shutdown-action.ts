/** What is to happen when a domain has shut down: `on_poweroff` and its like of xl.cfg(5), as libxl's JSON has them. */
import type { DomainEnd } from './libxl.js';

export type ShutdownAction =
  | 'destroy'
  | 'restart'
  | 'rename-restart'
  | 'preserve'
  | 'coredump-destroy'
  | 'coredump-restart'
  | 'soft-reset';

/** Where the configuration says nothing (xl.cfg(5)). */
const defaults: Readonly<Record<Exclude<DomainEnd, 'gone' | 'suspend'>, ShutdownAction>> = {
  poweroff: 'destroy',
  reboot: 'restart',
  crash: 'destroy',
  watchdog: 'destroy',
  soft_reset: 'soft-reset',
};

/** @param configuration the domain's, as libxl JSON */
export function shutdownAction(
  configuration: string,
  end: Exclude<DomainEnd, 'gone' | 'suspend'>,
): ShutdownAction {
  const settings = JSON.parse(configuration) as Partial<Record<string, ShutdownAction>>;
  return settings[`on_${end}`] ?? defaults[end];
}

/** The configuration to build the domain anew, under a domid of its own. */
export function anew(configuration: string): string {
  const parsed = JSON.parse(configuration) as { c_info: Record<string, unknown> };
  delete parsed.c_info['domid'];
  return JSON.stringify(parsed);
}
