/**
 * Checks that any host makes before a migration, based on the facts about its domains. They change nothing.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { awayName, commandTable, type Refusal } from '@mig/protocol/handshake';
import { type Check, failed, passed, unknown } from '@mig/protocol/preflight';
import type { DomainInfo } from './host.js';

/** Reasons why a domain cannot be migrated, worded to follow its name. */
const words: Readonly<Partial<Record<Refusal, string>>> = {
  held: 'is in the hands of a migration or a save: wait for that to end, or end it',
  suspended: 'is suspended: resume it first',
  away: 'was sent to another host, which may be running it',
  incoming: 'is arriving from another host',
};

/** Checks the state of a domain. @param movesPaused whether this hypervisor moves a paused domain */
export function checkDomain(
  { name, standing, state }: DomainInfo,
  { movesPaused }: { readonly movesPaused: boolean },
): Check {
  if (standing === 'unknown') return unknown('domain', `${name} does not answer: whose it is cannot be told`);
  const verdict = commandTable.migrate[standing];
  if (verdict !== 'does') return failed('domain', `${name} ${words[verdict] ?? verdict}`);
  if (state.crashed) return failed('domain', `${name} has crashed`);
  if (state.paused && !movesPaused) {
    return failed(
      'domain',
      `${name} is paused, and a paused guest does not answer a suspend: unpause it first`,
    );
  }
  return passed('domain', `${name} ${state.paused ? 'is paused' : 'runs'}, and no other command has it`);
}

/** Checks that the name of the sent-away domain is free. @param others all domains of the host */
export function checkAwayName({ name }: DomainInfo, others: readonly DomainInfo[]): Check {
  const away = awayName(name);
  const holder = others.find((other) => other.name === away);
  if (holder === undefined) return passed('away-name', `${away} is free here`);
  return failed(
    'away-name',
    `domain ${holder.domid} is called ${away} here, which this one is to be once it is sent`,
  );
}

/**
 * Identifies this host, which may send to itself, and has the domain already. The facts that go into it,
 * among them the boot, which no copy of a machine shares, cannot be read from the result.
 * @param place tells hosts of one machine apart
 * @returns undefined if the kernel does not tell
 */
export function hostIdentity(place: string): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return createHash('sha256').update(`${boot} ${hostname()} ${place}`).digest('hex');
  } catch {
    return undefined;
  }
}
