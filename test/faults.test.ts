/** The fault campaign (`pnpm faults`): what it enumerates, and that it sees what it is to see. */
import { sourceTable, targetTable } from '@mig/protocol/handshake';
import { describe, expect, it } from 'vitest';
import { between, judge } from '../tooling/faults/judge.mjs';
import { caseOf, describeCase, strata } from '../tooling/faults/strata.mjs';

type Stratum = (typeof strata)[number];

function inState(state: string): Stratum[] {
  return strata.filter(({ moment }) => between(sourceTable, moment.source).includes(state));
}

function kills(among: readonly Stratum[]): Set<string> {
  return new Set(
    among.flatMap(({ fault: { victim, signals } }) => (signals ?? []).map((signal) => `${victim} ${signal}`)),
  );
}

const ends = ['completed', 'taken-back'];
/** With its last word the target has done all it does. */
const targetIsOver = ['taking-back', 'destroying', ...ends];
const signals = ['SIGKILL', 'SIGTERM', 'SIGSTOP'];

describe('every row of the tables has cases', () => {
  it.each(Object.keys(sourceTable))('the source in %s', (state) => {
    const cases = inState(state);
    const victims = targetIsOver.includes(state) ? ['source'] : ['source', 'target', 'relay'];
    const expected = victims.flatMap((victim) => signals.map((signal) => `${victim} ${signal}`));
    expect([...kills(cases)]).toEqual(expect.arrayContaining(expected));
    if (ends.includes(state)) return;
    const kinds = new Set(cases.map(({ fault }) => fault.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['cut', 'stall', 'truncate']));
    expect([...kills(cases)]).toContain('source domain SIGKILL');
  });

  it.each(Object.keys(targetTable))('the target in %s', (state) => {
    const cases = strata.filter(({ moment }) => between(targetTable, moment.target).includes(state));
    expect([...new Set(cases.map(({ fault }) => fault.kind))]).toEqual(
      expect.arrayContaining(['cut', 'stall', 'truncate', 'kill']),
    );
  });
});

it('a case is the same again for the same seed and number, and its details others for others', () => {
  expect(caseOf(7, 23)).toEqual(caseOf(7, 23));
  const details = [caseOf(7, 23), caseOf(8, 23), caseOf(7, 23 + strata.length)].map(({ octets }) => octets);
  expect(new Set(details).size).toBe(3);
});

it('no two cases of the enumeration are the same', () => {
  const described = strata.map((each) => `${describeCase(each)} ${each.moment.source.join(' ')}`);
  expect(described.filter((each, i) => described.indexOf(each) !== i)).toEqual([]);
});

const running = { domid: 1, name: 'busy', state: 'running', logDirty: false };
const cutInPrecopy = caseOf(1, 0);
/** What is to be seen of it. */
const asPromised = {
  reached: true,
  seconds: 0.1,
  hosts: { source: [running], target: [] as (typeof running)[] },
  life: [] as string[],
  left: [] as string[],
  confusion: [] as string[],
  stateAtFault: 'precopy',
  status: 1 as number | string,
  targetStatus: 1 as number | string,
  last: {
    event: 'failed',
    state: 'precopy',
    outcome: 'keeps-running',
    exitStatus: 1,
    message: 'the line is cut',
    advice: ['busy keeps running here'],
  },
  stderr: 'migration target: Ready to receive domain.\n',
};

const otherwise: readonly { readonly what: RegExp; readonly seen: Partial<typeof asPromised> }[] = [
  { what: /TWO ARE RUNNING/, seen: { hosts: { source: [running], target: [running] } } },
  { what: /at the source: nothing/, seen: { hosts: { source: [], target: [] } } },
  {
    what: /at the source: busy--migratedaway/,
    seen: { hosts: { source: [{ ...running, name: 'busy--migratedaway' }], target: [] } },
  },
  {
    what: /at the target: busy--incoming/,
    seen: { hosts: { source: [running], target: [{ ...running, name: 'busy--incoming', state: 'paused' }] } },
  },
  {
    what: /still being logged/,
    seen: { hosts: { source: [{ ...running, logDirty: true }], target: [] } },
  },
  { what: /left behind: a process/, seen: { left: ['a process'] } },
  { what: /the guest: 3 failed checks/, seen: { life: ['3 failed checks'] } },
  { what: /exit status 0/, seen: { status: 0 } },
  { what: /by the table keeps-running/, seen: { last: { ...asPromised.last, outcome: 'resumed' } } },
  {
    what: /failed in awaiting-report/,
    seen: { last: { ...asPromised.last, state: 'awaiting-report', outcome: 'unknown', exitStatus: 3 } },
  },
  { what: /the target ended with 0/, seen: { targetStatus: 0 } },
  { what: /took 60\.0 s/, seen: { seconds: 60 } },
  { what: /no word to the operator/, seen: { last: { ...asPromised.last, advice: [] } } },
  { what: /says: .*at run/, seen: { stderr: 'Error\n    at run (x.js:1:2)\n' } },
];

describe('what violates the promise is seen', () => {
  it('and what keeps it is not', () => {
    expect(cutInPrecopy).toMatchObject({
      fault: { kind: 'cut' },
      moment: { source: ['precopy', 'precopy'] },
    });
    expect(judge(cutInPrecopy, asPromised)).toEqual([]);
  });

  it.each(otherwise)('$what', ({ what, seen }) => {
    expect(judge(cutInPrecopy, { ...asPromised, ...seen }).join('\n')).toMatch(what);
  });
});
