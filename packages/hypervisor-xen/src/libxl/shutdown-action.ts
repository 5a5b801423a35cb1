/** The action after a domain has shut down: `on_poweroff` and its kin of xl.cfg(5), from libxl JSON. */
import type { DomainEnd } from './libxl.js';

/** Values of libxl_action_on_shutdown (libxl_types.idl), in the words of its JSON. */
export type ShutdownAction =
  | 'destroy'
  | 'restart'
  | 'restart_rename'
  | 'preserve'
  | 'coredump_destroy'
  | 'coredump_restart'
  | 'soft_reset';

/**
 * Finds the action. libxl's JSON leaves out first values, so an absent action is `destroy`, whatever
 * xl.cfg's default. A shutdown reason that Xen does not know leads to `destroy`, too.
 * @param configuration the domain's, as libxl JSON
 */
export function shutdownAction(
  configuration: string,
  end: Exclude<DomainEnd, 'gone' | 'suspend'>,
): ShutdownAction {
  if (end === 'unknown') return 'destroy';
  const settings = JSON.parse(configuration) as Partial<Record<string, ShutdownAction>>;
  return settings[`on_${end}`] ?? 'destroy';
}

/** The configuration for building the domain anew, under a domid of its own. */
export function anew(configuration: string): string {
  const parsed = JSON.parse(configuration) as { c_info: Record<string, unknown> };
  delete parsed.c_info['domid'];
  return JSON.stringify(parsed);
}

/** The suffix of a preserved domain's name, in UTC: `-20261129T0512Z`, as in stock xl. */
export function preservedSuffix(time: Date): string {
  return `-${time.toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
}
