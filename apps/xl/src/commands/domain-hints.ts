/** What to do about domains that are neither here nor there: a sentence for each. */
import type { DomainInfo } from '@mig/hypervisor';
import { nameOfAway, nameOfIncoming } from '@mig/protocol/handshake';
import { whereItMayRun } from './sent-to.js';

export function domainHints(domains: readonly DomainInfo[]): string[] {
  return domains.flatMap((domain) => hint(domain) ?? []);
}

function hint({ name, state, sentTo }: DomainInfo): string | undefined {
  if (nameOfIncoming(name) !== undefined) {
    return `${name} is arriving from another host: leave it alone until that migration has ended`;
  }
  if (!state.suspended || state.crashed) return undefined;
  const ownName = nameOfAway(name);
  if (ownName === undefined) {
    return `${name} is suspended: 'xl resume ${name}' revives it, unless a migration or a save is at work on it`;
  }
  return (
    `${name} ${whereItMayRun(sentTo)}; where ${ownName} runs there, 'xl destroy ${name}', ` +
    `and only where it does not, 'xl resume --force ${name}'`
  );
}
