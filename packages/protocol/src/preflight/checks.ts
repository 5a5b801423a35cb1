/** The checks before a migration, a row each, in the order of their report. */

/** Outcome of a check. Neither `unknown` nor `passed` keeps a migration from starting, but they differ. */
export type CheckOutcome = 'passed' | 'failed' | 'unknown';

export type CheckEnd = 'source' | 'target';

interface CheckRow {
  /** The end that can answer. */
  readonly at: CheckEnd;
  /** The statement that is true if the check passes. */
  readonly asks: string;
}

export const checkTable = {
  domain: {
    at: 'source',
    asks: 'the domain runs, or is paused on the embedded hypervisor, and no other command has it',
  },
  'away-name': {
    at: 'source',
    asks: '`NAME--migratedaway`, its name once it is sent, is free here',
  },
  log: { at: 'source', asks: 'its writes can be logged here, which live passes need' },
  devices: { at: 'source', asks: 'it has no device of this host to itself (PCI passthrough)' },
  reach: { at: 'target', asks: 'HOST can be reached, and has an `xl`' },
  host: { at: 'target', asks: 'the login there may use the hypervisor' },
  cordon: {
    at: 'target',
    asks: 'the administrator there has not [closed it to arrivals](#a-host-that-takes-no-arrivals)',
  },
  arrivals: { at: 'target', asks: 'fewer domains are arriving there than it takes at once' },
  kind: { at: 'target', asks: 'that hypervisor runs domains of this kind' },
  configuration: { at: 'target', asks: 'it accepts the configuration' },
  name: { at: 'target', asks: 'no other domain there has the name' },
  uuid: { at: 'target', asks: 'no domain there has the UUID, unless that one is on its way out' },
  domid: { at: 'target', asks: 'the domid is free, with `-D`' },
  memory: { at: 'target', asks: 'there is enough memory for it' },
  version: { at: 'target', asks: 'its Xen can load what the Xen of the source writes' },
  processor: { at: 'target', asks: 'its processors have the features that the domain was given' },
  disks: { at: 'target', asks: 'the files and devices of its disks exist' },
  bridges: { at: 'target', asks: 'the bridges of its network interfaces exist' },
} as const satisfies Readonly<Record<string, CheckRow>>;

export type CheckName = keyof typeof checkTable;

export interface Check {
  /** A name from the table, or one that a newer mig has added. */
  readonly check: string;
  readonly outcome: CheckOutcome;
  /** The finding, worded for people. */
  readonly sentence: string;
}

export function passed(check: CheckName, sentence: string): Check {
  return { check, outcome: 'passed', sentence };
}

export function failed(check: CheckName, sentence: string): Check {
  return { check, outcome: 'failed', sentence };
}

export function unknown(check: CheckName, sentence: string): Check {
  return { check, outcome: 'unknown', sentence };
}

/** Checks whether a requested domid is free; without a request there is no check. */
export function checkDomid(domid: number | undefined, taken: readonly number[]): Check[] {
  if (domid === undefined) return [];
  if (taken.includes(domid)) return [failed('domid', `domid ${domid} is taken`)];
  return [passed('domid', `domid ${domid} is free`)];
}

/** Returns the outcome of all checks together: the worst one. */
export function verdictOf(checks: readonly Pick<Check, 'outcome'>[]): CheckOutcome {
  const worst = (['failed', 'unknown'] as const).find((each) =>
    checks.some(({ outcome }) => outcome === each),
  );
  return worst ?? 'passed';
}
