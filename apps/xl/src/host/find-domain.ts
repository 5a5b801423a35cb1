/** Finds the domain that the operator named. */
import { type DomainInfo, domidIn, type Host, HostError } from '@mig/hypervisor';
import { awayName, incomingName } from '@mig/protocol/handshake';
import { ExitStatus } from '../output/exit-status.js';
import { Failure, StockFailure } from '../output/failure.js';
import { whyElsewhere } from './domain-hints.js';
import { lastMove } from './moved-domains.js';
import { wayTo } from './sent-to.js';

/** libxl's ERROR_INVAL, which stock shows for a name that no domain has. */
const ERROR_INVAL = -6;

/** @param nameOrDomid a domid if it is all digits */
export function findDomain(host: Host, nameOrDomid: string): DomainInfo {
  // Stock takes the empty string for domain 0.
  const domain = nameOrDomid === '' ? undefined : host.find(nameOrDomid);
  if (domain !== undefined) return domain;
  throw new StockFailure(
    domidIn(nameOrDomid) !== undefined
      ? `Error: Domain '${nameOrDomid}' does not exist.`
      : `${nameOrDomid} is an invalid domain identifier (rc=${ERROR_INVAL})${whereabouts(host, nameOrDomid)}`,
    ExitStatus.failure,
  );
}

/** @throws Failure if the domain was sent to another host */
export function refuseAway(domain: DomainInfo): void {
  const why = domain.standing === 'away' ? whyElsewhere(domain) : undefined;
  if (why !== undefined) throw new Failure(why);
}

/** Tells what became of a domain of that name that a migration has had to do with. */
function whereabouts(host: Host, name: string): string {
  const copy = host.list().find((each) => [awayName(name), incomingName(name)].includes(each.name));
  const why = copy && whyElsewhere(copy);
  if (why !== undefined) return `: ${why}`;
  const move = lastMove(host.info().stateFolder, name);
  if (move === undefined) return '';
  return `: it was moved ${wayTo(move.to)} on ${move.date.slice(0, 16).replace('T', ' at ')} UTC`;
}

export function isGone(error: unknown): boolean {
  return error instanceof HostError && error.code === 'no-such-domain';
}
