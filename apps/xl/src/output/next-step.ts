import type { HostErrorCode } from '@mig/hypervisor';

/** Advice for each of the hypervisor's refusals; empty where the message suffices. */
export const nextStep: Readonly<Record<HostErrorCode, string>> = {
  'no-such-domain': "'xl list' shows the domains of this host",
  'name-taken': "give another name, or 'xl rename' the domain that has it",
  'domid-taken': 'leave out -D, or destroy the domain that has the domid',
  'uuid-taken': "'xl list' shows it",
  held: '',
  'sent-away': "see there who runs it; where nobody does, 'mig resume --force'",
  arriving: '',
  'not-holder': '',
  stale: "'xl list' shows the domain's state",
  'wrong-state': "'xl list' shows the domain's state",
  'suspend-refused': 'the domain keeps running; its console may say why it does not suspend',
  'not-live-migratable': "'mig migrate --check' says what is missing; 'xl save' works without it",
  cordoned: '',
  'arrivals-full': '',
  'bad-configuration': '',
  'bad-guest': 'correct kernel or cmdline in its configuration',
  'foreign-domain': '',
  'domain-died': "'xl console' shows its last words, 'xl destroy' removes what is left of it",
  'no-permission': '',
  unavailable: '',
};
