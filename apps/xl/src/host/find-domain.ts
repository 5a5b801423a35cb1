/** Finds the domain that the operator named. */
import { type DomainInfo, domidIn, type Host, HostError } from '@mig/hypervisor';
import { ExitStatus } from '../output/exit-status.js';
import { StockFailure } from '../output/failure.js';

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
      : `${nameOrDomid} is an invalid domain identifier (rc=${ERROR_INVAL})`,
    ExitStatus.failure,
  );
}

export function isGone(error: unknown): boolean {
  return error instanceof HostError && error.code === 'no-such-domain';
}

/** The suffix of a domain that was sent to another host, from permission to go until the report. */
export const MIGRATED_AWAY = '--migratedaway';
