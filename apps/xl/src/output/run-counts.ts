/** Numbers of the domains of a run, in words. */
import type { DomainState, RunDomain } from '@mig/fleet';

/** Counts of the domains that have not moved, in words. */
export function othersWords(domains: readonly RunDomain[]): string[] {
  const count = (...states: readonly DomainState[]) =>
    domains.filter(({ state }) => states.includes(state)).length;
  const parts: [number, string][] = [
    [count('moving', 'asking'), 'moving'],
    [count('waiting'), 'waiting'],
    [count('stayed'), 'stayed'],
    [count('gone'), 'gone'],
    [count('person'), 'for a person to look at'],
  ];
  return parts.flatMap(([number, what]) => (number > 0 ? [`${number} ${what}`] : []));
}
