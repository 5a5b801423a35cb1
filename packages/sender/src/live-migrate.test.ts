import { afterEach, beforeEach, expect, test } from 'vitest';
import { HostError, type SendEvent } from '@mig/hypervisor';
import { MODEL_STREAM, ModelHost } from '@mig/hypervisor/model';
import { deadlineIn, Interrupt } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import {
  BANNER,
  encodeRefusal,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  type SourceState,
  sourceTable,
} from '@mig/protocol/handshake';
import { ArrivalRefusedError, BannerError, MigrationError } from './errors.js';
import { liveMigrate, type LiveMigrateOptions } from './live-migrate.js';
import { ScriptedTarget } from './scripted-target.test-support.js';
import type { SourceTimeouts } from './timeouts.js';

const success = Uint8Array.of(0);
const failure = Uint8Array.of(3);

let host: ModelHost;
let domid: number;
let target: ScriptedTarget | undefined;
beforeEach(() => {
  host = new ModelHost();
  domid = host.add('busy');
});
afterEach(() => {
  target?.close();
  target = undefined;
});

function script(answers: Uint8Array[], after: 'hangs-up' | 'is-silent' = 'hangs-up'): ScriptedTarget {
  target = new ScriptedTarget(answers, after);
  return target;
}

/** Observes only the states of the handshake. */
function inState(heard: (state: SourceState) => void) {
  return (event: SendEvent) => {
    if (event.kind === 'source-state') heard(event.state);
  };
}

function failedMigration(to: ScriptedTarget, options: LiveMigrateOptions = {}): MigrationError {
  try {
    liveMigrate(host, domid, to.channel, options);
  } catch (error) {
    expect(error).toBeInstanceOf(MigrationError);
    return error as MigrationError;
  }
  throw new Error('the migration succeeded');
}

const sent = new TextDecoder().decode(encodeXlHeader(xlHeader('{"c_info":{"name":"busy"}}')));
const stream = new TextDecoder().decode(MODEL_STREAM);
const go = new TextDecoder().decode(PERMISSION_TO_GO);

test('the whole conversation: renamed before permission, destroyed after the report', () => {
  const to = script([BANNER, READY, REPORT, success]);
  const states: string[] = [];
  const report = liveMigrate(host, domid, to.channel, { onEvent: inState((state) => states.push(state)) });
  expect(states).toEqual([
    ...['awaiting-banner', 'precopy', 'suspending', 'stop-and-copy', 'awaiting-ready', 'renaming-away'],
    ...['giving-permission', 'awaiting-report', 'destroying', 'completed'],
  ]);
  expect(host.calls).toEqual(['saveTo 1', 'sendAway 1 busy--migratedaway', 'destroy 1']);
  expect(host.list()).toEqual([]);
  expect(report.downtimeMilliseconds).toBeGreaterThanOrEqual(0);
  expect(to.heard()).toBe(sent + stream + go);
});

test('the deadline of the stop-and-copy is not that of permission', () => {
  const to = script([BANNER, READY, REPORT, success]);
  const { output } = to.channel;
  host.whenSuspended = () => {
    output.deadline = deadlineIn(0, 'the rest');
  };
  const seen: unknown[] = [];
  const onEvent = inState((state) => seen.push([state, output.deadline?.what]));
  liveMigrate(host, domid, to.channel, { onEvent });
  expect(seen).toContainEqual(['awaiting-ready', undefined]);
  expect(seen).toContainEqual(['giving-permission', undefined]);
});

test('the cost of a suspend is all of the downtime in which no page is sent', () => {
  const sent = { iteration: 0, dirtyPages: 1, sentPages: 1, octets: 1 };
  const take = host.take.bind(host);
  host.take = (...parameters) => {
    const domain = take(...parameters);
    const passes = [
      { ...sent, kind: 'precopy', milliseconds: 70_000 },
      { ...sent, kind: 'stop-and-copy', milliseconds: 1000 },
      { ...sent, kind: 'verify', milliseconds: 300 },
    ] as const;
    const saveTo: typeof domain.saveTo = (output, options) => {
      const image = domain.saveTo(output, options);
      return { ...image, passes, suspendRequestedAt: image.suspendRequestedAt - 5000 };
    };
    return { ...domain, saveTo };
  };
  const report = liveMigrate(host, domid, script([BANNER, READY, REPORT, success]).channel);
  expect(report.downtimeMilliseconds).toBeGreaterThan(5000);
  expect(report.suspendCostMilliseconds).toBeCloseTo(report.downtimeMilliseconds - 1300);
});

const banners: [string, string, RegExp][] = [
  ['nothing', '', /no banner/],
  [
    'the beginning of it',
    'xl migration rece',
    /"xl migration rece" in place of its banner: the target broke off/,
  ],
  [
    'a shell that does not find xl',
    'bash: line 1: xl: command not found\n',
    /"bash: line 1: xl: command not found"/,
  ],
  [
    'a greeting',
    'Welcome to host2!\nxl migration receiver ready, send binary domain data.\n',
    /"Welcome to host2!"/,
  ],
  ['a page', '<html><head><title>502</title></head></html>', /"<html>/],
];
test('a target that takes no domain now is heard, by the code of its reason', () => {
  const sentence = 'no domain may arrive, cordoned by root: \u001b[2J';
  const error = failedMigration(script([encodeRefusal({ code: 'cordoned', sentence })]));
  expect(error).toMatchObject({ state: 'awaiting-banner', outcome: 'untouched' });
  expect(error.cause).toBeInstanceOf(ArrivalRefusedError);
  expect(error.cause).toMatchObject({ code: 'cordoned' });
  expect(error.message).toBe(
    String.raw`the target refused the domain: no domain may arrive, cordoned by root: \u001b[2J`,
  );
});

test.each(banners)('%s in place of the banner: the domain is never touched', (_, received, message) => {
  const to = script([new TextEncoder().encode(received)]);
  const error = failedMigration(to);
  expect(error).toMatchObject({ state: 'awaiting-banner', outcome: 'untouched' });
  expect(error.cause).toBeInstanceOf(BannerError);
  expect(error.message).toMatch(message);
  expect(host.calls).toEqual([]);
  expect(to.heard()).toBe('');
});

test('a silent target is given up after the time allowed', () => {
  const begun = failedMigration(script([BANNER.subarray(0, 3)], 'is-silent'), { timeouts: { banner: 1 } });
  expect(begun.message).toContain(
    `the target's banner was not whole within 0.001 s: 3 bytes of ${BANNER.length}`,
  );
  const error = failedMigration(script([], 'is-silent'), { timeouts: { banner: 1 } });
  expect(error).toMatchObject({ state: 'awaiting-banner', outcome: 'untouched' });
  expect(host.running).toEqual(['busy']);
});

test('the line breaks before the suspend: the domain keeps running, and is not resumed', () => {
  const to = script([BANNER]);
  host.failing.set('saveTo', new HostError('suspend-refused', 'the guest did not acknowledge'));
  expect(failedMigration(to)).toMatchObject({ state: 'precopy', outcome: 'keeps-running' });
  expect(host.calls).toEqual(['saveTo 1']);
  expect(host.running).toEqual(['busy']);
});

test('the line breaks after the suspend: resumed', () => {
  const to = script([BANNER]);
  host.whenSuspended = () => to.deafen();
  expect(failedMigration(to)).toMatchObject({
    state: 'stop-and-copy',
    outcome: 'resumed',
    message: expect.stringContaining('EPIPE') as string,
  });
  expect(host.running).toEqual(['busy']);
});

test('a signal after the suspend: resumed', () => {
  const to = script([BANNER, READY], 'is-silent');
  host.whenSuspended = () => to.interrupt.raise('SIGINT');
  expect(failedMigration(to)).toMatchObject({ outcome: 'resumed' });
  expect(host.running).toEqual(['busy']);
});

const unready: [string, Uint8Array[]][] = [
  ['no ready', [BANNER]],
  ['half a ready', [BANNER, READY.subarray(0, 10)]],
  ['something else for ready', [BANNER, new Uint8Array(34).fill(0x41)]],
];
test.each(unready)('%s: resumed under its own name, no permission given', (_, answers) => {
  const to = script(answers);
  expect(failedMigration(to)).toMatchObject({ state: 'awaiting-ready', outcome: 'resumed' });
  expect(host.running).toEqual(['busy']);
  expect(to.heard()).toBe(sent + stream);
});

test('no ready in time: resumed', () => {
  const error = failedMigration(script([BANNER], 'is-silent'), { timeouts: { ready: 1 } });
  expect(error).toMatchObject({ state: 'awaiting-ready', outcome: 'resumed' });
  expect(error.message).toBe('no ready message from the target within 0.001 s');
});

const dribbled: {
  message: string;
  before: Uint8Array[];
  octets: Uint8Array;
  timeout: keyof SourceTimeouts;
  state: SourceState;
}[] = [
  { message: 'banner', before: [], octets: BANNER, timeout: 'banner', state: 'awaiting-banner' },
  { message: 'ready message', before: [BANNER], octets: READY, timeout: 'ready', state: 'awaiting-ready' },
  {
    message: 'report',
    before: [BANNER, READY],
    octets: Uint8Array.of(...REPORT, ...success),
    timeout: 'report',
    state: 'awaiting-report',
  },
  {
    message: 'permission to have the domain back',
    before: [BANNER, READY, REPORT, failure],
    octets: PERMISSION_TO_GO,
    timeout: 'permissionBack',
    state: 'awaiting-permission-back',
  },
];
test.each(dribbled)('a $message that comes octet by octet has no more time than another', (row) => {
  const to = script(row.before, 'is-silent');
  to.dribble(row.octets);
  const error = failedMigration(to, { timeouts: { [row.timeout]: 250 } });
  expect(error).toMatchObject({ state: row.state, outcome: sourceTable[row.state].onFailure });
  const timeout = error.cause instanceof BannerError ? error.cause.cause : error.cause;
  expect(timeout).toMatchObject({
    name: 'TimeoutError',
    message: `no ${row.message} from the target within 0.25 s`,
  });
});

test('the octet of the status has no more time than the report that it belongs to', () => {
  const to = script([BANNER, READY, REPORT], 'is-silent');
  const error = failedMigration(to, { timeouts: { report: 1 } });
  expect(error).toMatchObject({ state: 'awaiting-report', outcome: 'unknown' });
  expect(error.message).toBe('no report from the target within 0.001 s');
});

test('resumed by somebody else while the target prepared: no permission, it goes on running under its own name', () => {
  const to = script([BANNER, READY]);
  host.before.set('sendAway', () => host.resumeBehind(domid));
  expect(failedMigration(to)).toMatchObject({
    state: 'renaming-away',
    outcome: 'resumed',
    cause: { code: 'stale' },
  });
  expect(host.running).toEqual(['busy']);
  expect(host.calls).not.toContain('resume 1');
  expect(to.heard()).toBe(sent + stream);
});

test('how the domain was found is said: destroyed by somebody, it does not run', () => {
  host.before.set('suspend', () => {
    host.destroy(domid);
    throw new Error('the domain has gone');
  });
  expect(failedMigration(script([BANNER]))).toMatchObject({ outcome: 'keeps-running', found: 'gone' });
});

test('in the hands of another migration: refused before anything is done, and never resumed', () => {
  const held = host.take(domid);
  const to = script([BANNER, READY]);
  expect(failedMigration(to)).toMatchObject({
    outcome: 'untouched',
    cause: { code: 'held' },
    found: { standing: 'taken' },
  });
  expect(to.heard()).toBe('');
  held.release();
});

test('what it takes hold of it lets go of, however it ends', () => {
  failedMigration(script([]));
  expect(host.describe(domid).standing).toBe('free');
  failedMigration(script([BANNER, READY]));
  expect(host.describe(domid).standing).toBe('away');
});

test('the name away is taken: refused before a page is sent', () => {
  host.add('busy--migratedaway');
  const to = script([BANNER, READY]);
  expect(failedMigration(to)).toMatchObject({ outcome: 'untouched', cause: { code: 'name-taken' } });
  expect(host.running).toContain('busy');
  expect(to.heard()).toBe('');
});

test('the name away is taken meanwhile: resumed', () => {
  host.before.set('sendAway', () => host.add('busy--migratedaway'));
  expect(failedMigration(script([BANNER, READY]))).toMatchObject({
    outcome: 'resumed',
    found: { suspended: false, paused: false },
  });
  expect(host.running).toContain('busy');
});

test('permission cannot be written at all: resumed under its own name', () => {
  const to = script([BANNER, READY]);
  host.after.set('sendAway', () => to.deafen());
  expect(failedMigration(to)).toMatchObject({ state: 'renaming-away', outcome: 'resumed' });
  expect(host.running).toEqual(['busy']);
});

const unreported: [string, Uint8Array[]][] = [
  ['no report', []],
  ['half a report', [REPORT.subarray(0, 20)]],
  ['a report without its status', [REPORT]],
  ['something else for a report', [new Uint8Array(40).fill(0x42)]],
  ['a report of failure, but no permission back', [REPORT, failure]],
  ['a report of failure and half of permission back', [REPORT, failure, PERMISSION_TO_GO.subarray(0, 43)]],
];
test.each(unreported)('%s: nobody may run it here; it stays suspended and renamed', (_, answers) => {
  const error = failedMigration(script([BANNER, READY, ...answers]), { sentTo: 'far.example' });
  expect(error.outcome).toBe('unknown');
  expect(host.running).toEqual([]);
  expect(host.find('busy--migratedaway')).toMatchObject({
    state: { suspended: true },
    sentTo: 'far.example',
  });
});

test('a signal while it is renamed away: no permission, renamed back and resumed', () => {
  const to = script([BANNER, READY, REPORT, success]);
  host.after.set('sendAway', () => to.interrupt.raise('SIGTERM'));
  expect(failedMigration(to)).toMatchObject({ state: 'renaming-away', outcome: 'resumed' });
  expect(host.running).toEqual(['busy']);
  expect(to.heard()).toBe(sent + stream);
});

test('a signal after permission is not obeyed: the report decides', () => {
  const to = script([BANNER, READY, REPORT, success]);
  liveMigrate(host, domid, to.channel, {
    onEvent: inState((state) => {
      if (state === 'giving-permission') to.interrupt.raise('SIGTERM');
    }),
  });
  expect(host.list()).toEqual([]);
});

test('a report of failure with permission back: renamed back and resumed', () => {
  const answers = [BANNER, READY, REPORT, failure, PERMISSION_TO_GO];
  const error = failedMigration(script(answers), { sentTo: 'far.example' });
  expect(error).toMatchObject({ outcome: 'resumed', cause: { status: 3 } });
  expect(host.calls.slice(1)).toEqual(['sendAway 1 busy--migratedaway', 'resume 1']);
  expect(host.running).toEqual(['busy']);
  expect(host.describe(domid).sentTo).toBeUndefined();
});

test('the old copy cannot be destroyed: said, and it never runs', () => {
  host.failing.set('destroy', new Error('busy'));
  const error = failedMigration(script([BANNER, READY, REPORT, success]));
  expect(error).toMatchObject({ state: 'destroying', outcome: 'destroy-failed' });
  expect(host.running).toEqual([]);
});

test('the old copy ended by itself: it need not be destroyed', () => {
  host.before.set('destroy', () => {
    host.vanish(domid);
    throw new Error('it has died');
  });
  liveMigrate(host, domid, script([BANNER, READY, REPORT, success]).channel);
  expect(host.list()).toEqual([]);
});

test('it cannot be resumed: said, with what failed', () => {
  host.failing.set('resume', new Error('no'));
  const error = failedMigration(script([BANNER]));
  expect(error).toMatchObject({ outcome: 'resume-failed', recoveryError: { message: 'no' } });
});

test('it does not answer when it is to be resumed: nobody says that it runs', () => {
  host.whenSuspended = () => host.crash(domid);
  expect(failedMigration(script([BANNER]))).toMatchObject({
    outcome: 'resume-failed',
    found: { crashed: true },
  });
});

test('after permission the other interrupt ends the wait for the report: nobody knows', () => {
  const to = script([BANNER, READY], 'is-silent');
  const abandon = Interrupt.create();
  abandon.raise('SIGINT');
  const error = failedMigration(to, { abandon });
  abandon.close();
  expect(error).toMatchObject({ state: 'awaiting-report', outcome: 'unknown', cause: { reason: 'SIGINT' } });
  expect(host.running).toEqual([]);
});

/**
 * A way to fail in every state of the table: a state without one does not compile. The end states have none.
 */
const failures: Record<SourceState, (() => ScriptedTarget) | 'end'> = {
  'awaiting-banner': () => script([]),
  precopy: () => {
    host.failing.set('saveTo', new Error('the line is cut'));
    return script([BANNER]);
  },
  suspending: () => {
    host.failing.set('suspend', new HostError('suspend-refused', 'the guest does not listen'));
    return script([BANNER]);
  },
  'stop-and-copy': () => {
    const to = script([BANNER]);
    host.whenSuspended = () => to.deafen();
    return to;
  },
  'awaiting-ready': () => script([BANNER]),
  'renaming-away': () => {
    host.failing.set('sendAway', new Error('no'));
    return script([BANNER, READY]);
  },
  'giving-permission': () => {
    const to = script([BANNER, READY]);
    const { output } = to.channel;
    const write = output.write.bind(output);
    output.write = (octets) => {
      if (octets !== PERMISSION_TO_GO) return write(octets);
      write(octets.subarray(0, 1));
      throw new Error('the line is cut');
    };
    return to;
  },
  'awaiting-report': () => script([BANNER, READY]),
  'awaiting-permission-back': () => script([BANNER, READY, REPORT, failure]),
  'taking-back': () => {
    host.failing.set('resume', new Error('no'));
    return script([BANNER, READY, REPORT, failure, PERMISSION_TO_GO]);
  },
  destroying: () => {
    host.failing.set('destroy', new Error('no'));
    return script([BANNER, READY, REPORT, success]);
  },
  completed: 'end',
  'taken-back': 'end',
};

const states = Object.keys(sourceTable) as SourceState[];
test.each(states.filter((state) => failures[state] !== 'end'))(
  'what fails in %s has the outcome of the table',
  (state) => {
    const fail = failures[state];
    if (fail === 'end') throw new Error('it has no failure');
    const error = failedMigration(fail());
    expect([error.state, error.outcome]).toEqual([state, sourceTable[state].onFailure]);
    const runsHere = ['untouched', 'keeps-running', 'resumed'].includes(error.outcome);
    expect(host.running).toEqual(runsHere ? ['busy'] : []);
  },
);
