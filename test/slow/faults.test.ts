/**
 * Tests of the fault campaign (`pnpm faults`): the cases it enumerates, and that it detects what it should.
 */
import {
  commandTable,
  type SourceState,
  sourceTable,
  standings,
  type TargetState,
  targetTable,
} from '@mig/protocol/handshake';
import { describe, expect, it } from 'vitest';
import { judge } from '../../tooling/faults/judge.mjs';
import type { Failed } from '../../tooling/faults/migration.mjs';
import { between } from '../../tooling/faults/states.mjs';
import { commands } from '../../tooling/faults/operator/commands.mjs';
import type { Acted } from '../../tooling/faults/operator/operate.mjs';
import { standingsAt } from '../../tooling/faults/operator/standings.mjs';
import { operatorStrata } from '../../tooling/faults/operator/strata.mjs';
import type { Seen } from '../../tooling/faults/scene.mjs';
import type { StageDomain } from '../../tooling/faults/stage.mjs';
import { caseOf, describeCase, faultStrata, strata } from '../../tooling/faults/strata.mjs';

type Stratum = (typeof faultStrata)[number];

const sourceStates = Object.keys(sourceTable) as SourceState[];
const targetStates = Object.keys(targetTable) as TargetState[];

function inState(state: SourceState): Stratum[] {
  return faultStrata.filter(({ point }) => between(sourceTable, point.source).includes(state));
}

function kills(among: readonly Stratum[]): Set<string> {
  return new Set(
    among.flatMap(({ fault: { victim, signals } }) => (signals ?? []).map((signal) => `${victim} ${signal}`)),
  );
}

const ends = ['completed', 'taken-back'];
/** Points after which the target does nothing more. */
const targetIsOver = ['taking-back', 'destroying', ...ends];
const signals = ['SIGKILL', 'SIGTERM', 'SIGSTOP'];

describe('every row of the tables has cases', () => {
  it.each(sourceStates)('the source in %s', (state) => {
    const cases = inState(state);
    const victims = targetIsOver.includes(state) ? ['source'] : ['source', 'target', 'relay'];
    const expected = victims.flatMap((victim) => signals.map((signal) => `${victim} ${signal}`));
    expect([...kills(cases)]).toEqual(expect.arrayContaining(expected));
    if (ends.includes(state)) return;
    const kinds = new Set(cases.map(({ fault }) => fault.kind));
    expect([...kinds]).toEqual(expect.arrayContaining(['cut', 'stall', 'truncate']));
    expect([...kills(cases)]).toContain('source domain SIGKILL');
  });

  it.each(targetStates)('the target in %s', (state) => {
    const cases = faultStrata.filter(({ point }) => between(targetTable, point.target).includes(state));
    expect([...new Set(cases.map(({ fault }) => fault.kind))]).toEqual(
      expect.arrayContaining(['cut', 'stall', 'truncate', 'kill']),
    );
  });
});

type OperatorStratum = (typeof operatorStrata)[number];
/** Commands that the campaign leaves out: measured by `pnpm policies`, or part of the migration itself. */
const notPlayed = ['dirty-rate', 'receive'];
const played = Object.keys(commandTable).filter((row) => !notPlayed.includes(row));

function rowsOf(cases: readonly OperatorStratum[]): string[] {
  return [...new Set(cases.map(({ operator }) => commands[operator.command].row))];
}

describe('an operator', () => {
  it.each(sourceStates)('gives each command at the source in %s', (state) => {
    const cases = operatorStrata.filter(
      ({ point, operator }) =>
        operator.end === 'source' && between(sourceTable, point.source).includes(state),
    );
    // Points with the domain held, where a command gets no answer from it.
    const blocked = ['suspending', 'renaming-away', 'taking-back', 'destroying'].includes(state);
    const expected = blocked ? played.filter((row) => !['list', 'create', 'migrate'].includes(row)) : played;
    expect(rowsOf(cases)).toEqual(expect.arrayContaining(expected));
  });

  it.each(targetStates)('gives each command at the target in %s', (state) => {
    const cases = operatorStrata.filter(
      ({ point, operator }) =>
        operator.end === 'target' && between(targetTable, point.target).includes(state),
    );
    const expected =
      state === 'starting' ? played.filter((row) => !['list', 'create'].includes(row)) : played;
    expect(rowsOf(cases)).toEqual(expect.arrayContaining(expected));
  });

  it.each(standings)('gives each command to a domain that is %s', (standing) => {
    expect(rowsOf(operatorStrata.filter((each) => standingsAt(each).includes(standing)))).toEqual(
      expect.arrayContaining(played),
    );
  });

  it('is in 120 of the 300 cases of CI, each command among them', () => {
    const ofCi = Array.from({ length: 300 }, (_, index) => caseOf(1, index));
    const operators = ofCi.flatMap(({ operator }) => (operator === undefined ? [] : [operator.command]));
    expect(operators.length).toBeGreaterThanOrEqual(120);
    expect([...new Set(operators)].sort()).toEqual(Object.keys(commands).sort());
  });
});

it('a case is the same again for the same seed and number, and its details others for others', () => {
  expect(caseOf(7, 23)).toEqual(caseOf(7, 23));
  const details = [caseOf(7, 23), caseOf(8, 23), caseOf(7, 23 + strata.length)].map(({ octets }) => octets);
  expect(new Set(details).size).toBe(3);
});

it('no two cases of the enumeration are the same', () => {
  const described = strata.map((each) => `${describeCase(each)} ${each.point.source.join(' ')}`);
  expect(described.filter((each, i) => described.indexOf(each) !== i)).toEqual([]);
});

const running: StageDomain = {
  domid: 1,
  name: 'busy',
  state: 'running',
  logDirty: false,
  standing: 'free',
  epoch: 1,
};
const cutInPrecopy = caseOf(1, 0);
const failed: Failed = {
  event: 'failed',
  state: 'precopy',
  outcome: 'keeps-running',
  exitStatus: 1,
  message: 'the line is cut',
  advice: ['busy keeps running here'],
};
/** An observation of what was promised. */
const asPromised: Seen = {
  reached: true,
  seconds: 0.1,
  hosts: { source: [running], target: [] },
  others: [],
  life: [],
  left: [],
  confusion: [],
  stateAtFault: 'precopy',
  states: ['awaiting-banner', 'precopy'],
  status: 1,
  targetStatus: 1,
  last: failed,
  stderr: 'migration target: Ready to receive domain.\n',
};

const otherwise: readonly { readonly what: RegExp; readonly seen: Partial<Seen> }[] = [
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
  { what: /by the table keeps-running/, seen: { last: { ...failed, state: 'precopy', outcome: 'resumed' } } },
  {
    what: /failed in awaiting-report/,
    seen: { last: { ...failed, state: 'awaiting-report', outcome: 'unknown', exitStatus: 3 } },
  },
  { what: /the target ended with 0/, seen: { targetStatus: 0 } },
  { what: /took 60\.0 s/, seen: { seconds: 60 } },
  { what: /no word to the operator/, seen: { last: { ...failed, advice: [] } } },
  { what: /says: .*at run/, seen: { stderr: 'Error\n    at run (x.js:1:2)\n' } },
];

describe('what violates the promise is seen', () => {
  it('and what keeps it is not', () => {
    expect(cutInPrecopy).toMatchObject({
      fault: { kind: 'cut' },
      point: { source: ['precopy', 'precopy'] },
    });
    expect(judge(cutInPrecopy, asPromised)).toEqual([]);
  });

  it.each(otherwise)('$what', ({ what, seen }) => {
    expect(judge(cutInPrecopy, { ...asPromised, ...seen }).join('\n')).toMatch(what);
  });
});

it('says nothing of what a target did not say to a source that was killed', () => {
  const index = strata.findIndex(
    ({ point, fault }) =>
      point.name === 'giving permission' && fault?.victim === 'source' && fault.signals[0] === 'SIGKILL',
  );
  const seen: Seen = {
    ...asPromised,
    last: undefined,
    hosts: { source: [{ ...running, name: 'busy--migratedaway', state: 'suspended' }], target: [running] },
    states: ['giving-permission'],
    stateAtFault: 'giving-permission',
    status: 'SIGKILL',
    targetStatus: 0,
    stderr: 'migration target: Transfer complete, requesting permission to start domain.\n',
  };
  expect(judge(caseOf(1, index), seen)).toEqual([]);
  const hosts = { ...seen.hosts, target: [] };
  expect(judge(caseOf(1, index), { ...seen, hosts })).toContain(
    'the target ended with 0, and there: nothing',
  );
});

it('takes a target that was killed for one that may have done more than it has told', () => {
  const killed = (name: string): ReturnType<typeof caseOf> => {
    const index = strata.findIndex(
      ({ point, fault }) =>
        point.name === name && fault?.victim === 'target' && fault.signals[0] === 'SIGKILL',
    );
    return caseOf(1, index);
  };
  const seen: Seen = {
    ...asPromised,
    hosts: { source: [{ ...running, name: 'busy--migratedaway', state: 'suspended' }], target: [running] },
    states: ['awaiting-report'],
    stateAtFault: 'awaiting-report',
    status: 3,
    targetStatus: 'SIGKILL',
    last: { ...failed, state: 'awaiting-report', outcome: 'unknown', exitStatus: 3 },
    stderr: 'migration target: Transfer complete, requesting permission to start domain.\n',
  };
  expect(judge(killed('giving permission'), seen)).toEqual([]);
  // Held where nothing is started yet.
  expect(judge(killed('ready'), seen).join('\n')).toContain('and there: busy running');
});

const atReady = caseOf(1, operatorCase('ready', 'pause', 'source'));
function operatorCase(point: string, command: string, end: string): number {
  return strata.findIndex(
    (each) =>
      each.point.name === point &&
      each.operator?.command === command &&
      each.operator.end === end &&
      Object.keys(each.operator).length === 2,
  );
}

const suspended: StageDomain = { ...running, state: 'suspended', standing: 'suspended', epoch: 7 };
const held = { domains: [suspended], domids: [1] };
const refused: Acted = {
  status: 1,
  output: "xl: domain 1: busy is being migrated by process 9: 'mig migrate-status busy' shows its progress",
  ended: true,
  blocked: false,
  before: held,
  after: held,
  removed: [],
  files: [],
  left: [],
};
const arrived: Seen = {
  ...asPromised,
  hosts: { source: [], target: [running] },
  status: 0,
  targetStatus: 0,
  last: { event: 'complete' },
  operator: refused,
};

const operatorOtherwise: readonly {
  readonly what: RegExp;
  readonly seen: Partial<Seen>;
  readonly operator: Partial<Acted>;
}[] = [
  { what: /expected held \(suspended\): ended with 0/, seen: {}, operator: { status: 0, output: '' } },
  { what: /expected held/, seen: {}, operator: { output: 'xl: busy was sent to another host' } },
  {
    what: /not reached: the domain stands taken/,
    seen: {},
    operator: { before: { ...held, domains: [{ ...running, standing: 'taken' }] } },
  },
  {
    what: /refused, and before it there was/,
    seen: {},
    operator: { after: { ...held, domains: [{ ...suspended, name: 'other' }] } },
  },
  { what: /refused, and there is saved/, seen: {}, operator: { files: ['saved'] } },
  { what: /removed domains that live/, seen: {}, operator: { removed: [{ domid: 1, pid: 2 }] } },
  {
    what: /says: internal error/,
    seen: {},
    operator: { output: 'xl: internal error: busy is being migrated' },
  },
  { what: /does not end/, seen: {}, operator: { ended: false } },
  { what: /in the end: source: nothing, target: busy paused/, seen: paused(), operator: {} },
  { what: /none runs, and nobody is told/, seen: { hosts: { source: [], target: [] } }, operator: {} },
  { what: /TWO ARE RUNNING/, seen: { hosts: { source: [running], target: [running] } }, operator: {} },
];
function paused(): Partial<Seen> {
  return { hosts: { source: [], target: [{ ...running, state: 'paused' }] } };
}

describe('what violates the promise beside an operator is seen', () => {
  it('and what keeps it is not', () => {
    expect(judge(atReady, arrived)).toEqual([]);
  });

  it.each(operatorOtherwise)('$what', ({ what, seen, operator }) => {
    const all = { ...arrived, ...seen, operator: { ...refused, ...operator } };
    expect(judge(atReady, all).join('\n')).toMatch(what);
  });
});
