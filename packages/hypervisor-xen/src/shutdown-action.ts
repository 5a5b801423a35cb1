/** What is to happen when a domain has shut down: `on_poweroff` and its like of xl.cfg(5), as libxl's JSON has them. */
import type { DomainEnd } from './libxl.js';

/** libxl_action_on_shutdown of libxl_types.idl, in the words of its JSON. */
export type ShutdownAction =
  | 'destroy'
  | 'restart'
  | 'restart_rename'
  | 'preserve'
  | 'coredump_destroy'
  | 'coredump_restart'
  | 'soft_reset';

/**
 * libxl's JSON leaves out what is at its first value: an action that is not there is `destroy`, whatever xl.cfg's default.
 * That is also what becomes of a domain that gives a reason which Xen does not know.
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

/** The configuration to build the domain anew, under a domid of its own. */
export function anew(configuration: string): string {
  const parsed = JSON.parse(configuration) as { c_info: Record<string, unknown> };
  delete parsed.c_info['domid'];
  return JSON.stringify(parsed);
}

/** What the name of a preserved domain ends with, in UTC: `-20261129T0512Z`, as stock xl has it. */
export function preservedSuffix(time: Date): string {
  return `-${time.toISOString().slice(0, 16).replaceAll(/[-:]/g, '')}Z`;
}
