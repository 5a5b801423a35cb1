/** Advice for domains that are between two hosts: a sentence for each case. */
import type { DomainInfo } from '@mig/hypervisor';
import { noCopyOf, whereItMayRun } from './sent-to.js';

export function domainHints(domains: readonly DomainInfo[]): string[] {
  return domains.flatMap((domain) => hint(domain) ?? []);
}

/** Tells why a domain is not this host's now: it was sent away, or has not arrived; undefined if it is. */
export function whyElsewhere(domain: DomainInfo): string | undefined {
  return ['away', 'sent', 'incoming'].includes(domain.standing) ? hint(domain) : undefined;
}

function hint({ name, uuid, state, standing, sentTo }: DomainInfo): string | undefined {
  if (state.crashed) return undefined;
  switch (standing) {
    case 'incoming':
      return `${name} is arriving from another host: leave it alone until that migration has ended`;
    case 'abandoned':
      return `${name} is suspended: 'mig resume ${name}' revives it`;
    case 'away':
      return (
        `${name} ${whereItMayRun(sentTo)}; where it runs there, 'xl destroy ${name}', ` +
        `and only where ${noCopyOf(uuid)}, 'mig resume --force ${name}'`
      );
    case 'sent':
      return `${name} is being migrated: its process waits for word from the target`;
    case 'free':
    case 'taken':
    case 'suspended':
    case 'unknown':
      return undefined;
  }
}
