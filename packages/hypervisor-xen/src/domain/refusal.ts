/** The words of a refused command: who has the domain, and what to do. */
import { HostError, refusalCodes } from '@mig/hypervisor';
import type { OwnerRefusal } from '@mig/protocol/handshake';
import type { DomainStanding } from '../record/domain-standing.js';

export function refusal(
  why: OwnerRefusal,
  domid: number,
  name: string,
  standing: DomainStanding | undefined,
): HostError {
  return new HostError(refusalCodes[why], `${name} ${words(why, name, standing)}`, { domid });
}

function words(why: OwnerRefusal, name: string, standing: DomainStanding | undefined): string {
  switch (why) {
    case 'held':
      return heldBy(standing);
    case 'suspended':
      return `is suspended already: 'mig resume ${name}' revives it`;
    case 'not-suspended':
      return 'is not suspended; there is nothing to resume';
    case 'away':
      return `was sent to ${standing?.sentTo ?? 'another host'}, which may be running it`;
    case 'incoming':
      return 'is arriving from another host: it runs, or is gone, once that migration has ended';
    case 'here':
      return 'is here already';
    case 'stale':
      return 'was suspended, resumed or moved since this command has looked at it: look again';
    case 'not-holder':
      return standing?.hold === undefined ? 'is not in the hands of a migration or a save' : heldBy(standing);
  }
}

function heldBy(standing: DomainStanding | undefined): string {
  if (standing?.ending === true) return 'is being destroyed';
  if (standing?.helper !== undefined) {
    return `is being saved or migrated by another toolstack, whose save helper is process ${standing.helper.pid}`;
  }
  if (standing?.hold === undefined) return 'is in the hands of another process';
  const { purpose, to, process } = standing.hold;
  if (purpose === 'arrival') return `is arriving here, received by process ${process.pid}`;
  const doing = purpose === 'migration' ? 'being migrated' : 'being saved';
  return `is ${doing}${to === '' ? '' : ` to ${to}`} by process ${process.pid}`;
}
