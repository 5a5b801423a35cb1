/** Names of domains: which ones are legal, and how an operator refers to a domain. */
import { nameProblem } from '@mig/protocol/handshake';
import { HostError } from './errors.js';
import type { DomainInfo } from './host.js';

/**
 * Refuses an illegal name, before anything is done.
 * @throws HostError bad-configuration
 */
export function checkName(name: string, domid?: number): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  throw new HostError('bad-configuration', `the name ${problem}`, domid === undefined ? {} : { domid });
}

/**
 * Reads a domid: text that consists of digits is one, as for stock `xl`, whatever names domains have.
 * @returns undefined for what can only be a name
 */
export function domidIn(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Tells whether an operator refers to this domain by its domid or name. */
export function isMeant({ domid, name }: Pick<DomainInfo, 'domid' | 'name'>, nameOrDomid: string): boolean {
  const asked = domidIn(nameOrDomid);
  return asked === undefined ? name === nameOrDomid : domid === asked;
}
