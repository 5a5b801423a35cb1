/** What a domain may be called, and how an operator names it. */
import { nameProblem } from '@mig/protocol/handshake';
import { HostError } from './errors.js';
import type { DomainInfo } from './host.js';

/**
 * Refuses what no domain may be called, before anything is done.
 * @throws HostError bad-configuration
 */
export function checkName(name: string, domid?: number): void {
  const problem = nameProblem(name);
  if (problem === undefined) return;
  throw new HostError('bad-configuration', `the name ${problem}`, domid === undefined ? {} : { domid });
}

/**
 * Reads a domid: text that is all digits is one, as for stock `xl`, whatever domains are called.
 * @returns undefined for what can only be a name
 */
export function domidIn(text: string): number | undefined {
  return /^[0-9]+$/.test(text) ? Number(text) : undefined;
}

/** Tells whether an operator means this domain by a domid or a name. */
export function isMeant({ domid, name }: Pick<DomainInfo, 'domid' | 'name'>, nameOrDomid: string): boolean {
  const asked = domidIn(nameOrDomid);
  return asked === undefined ? name === nameOrDomid : domid === asked;
}
