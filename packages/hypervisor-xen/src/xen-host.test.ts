import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostError, type SaveOptions } from '@mig/hypervisor';
import { Input, Output, pipe } from '@mig/posix';
import { encodeXlHeader, xlHeader } from '@mig/protocol';
import type { Standing } from '@mig/protocol/handshake';
import { receiveDomain } from '@mig/receiver';
import type { CpuPolicy } from './libxc/control.js';
import type { DomainRecord } from './record/domain-record.js';
import { XenError } from './xen/errors.js';
import { FakeXen, refused } from './domain/fake-xen.test-support.js';
import { thisProcess } from './record/holder.js';
import type { HelperListener } from './libxl/libxl-client.js';
import type { LibxlRequest } from './libxl/libxl-messages.js';
import type { SaveHelper } from './xen/saver-processes.js';
import { XenHost } from './xen-host.js';
import { newestVersion, xenVersions } from './xen/xen-version.js';

/** The host that this process runs on. */
const here = vi.hoisted(
  (): {
    xen: FakeXen;
    version: unknown;
    helpers: SaveHelper[];
    stockMoves: string[];
    started: number;
    closed: number;
    dead: boolean;
    policy: CpuPolicy | undefined;
    offers: boolean;
  } => ({
    xen: undefined as unknown as FakeXen,
    version: undefined,
    helpers: [],
    stockMoves: [],
    started: 0,
    closed: 0,
    dead: false,
    policy: undefined,
    offers: true,
  }),
);

vi.mock('./version/detect.js', () => ({ detectXen: () => here.version }));
vi.mock('./xen/saver-processes.js', () => ({
  helpersAtWork: () => here.helpers,
  isBeingSavedLive: () => false,
  stockXlMoving: (calls: string[]) =>
    calls.some((each) => here.stockMoves.includes(each)) ? 4711 : undefined,
}));
vi.mock('./libxc/control.js', () => ({
  XenControl: class {
    describe = here.xen.control.describe;
    pause = here.xen.control.pause;
    unpause = here.xen.control.unpause;
    close = here.xen.control.close;
    cpuPolicy = (domid: number) => {
      if (here.policy !== undefined) return here.policy;
      throw new XenError('xc_cpu_policy_get_domain', 1, domid);
    };
    offeredCpuPolicy = () => here.policy;
    offersCpuPolicy = () => here.offers;
  },
}));
vi.mock('./xen/xenstore.js', () => ({
  Xenstore: class {
    read = here.xen.xenstore.read;
    write = here.xen.xenstore.write;
  },
}));
vi.mock('./libxl/libxl-client.js', () => ({
  LibxlClient: class {
    isUnusable = false;
    readonly busy = false;

    constructor() {
      here.started++;
    }

    ask(request: LibxlRequest, listener?: HelperListener): unknown {
      this.isUnusable = here.dead;
      if (here.dead) throw new HostError('unavailable', "libxl's process has ended");
      return here.xen.ask(request, listener);
    }

    close(): void {
      here.closed++;
    }
  },
}));

const AWAY = 'busy--migratedaway';
const DOMID = 1;

let xen: FakeXen;
let folder: { mig: () => XenHost };
beforeEach(() => {
  xen = here.xen = new FakeXen();
  xen.add(DOMID);
  folder = { mig: () => new XenHost({ saveHelper: '/usr/bin/xl-save-helper', stateFolder: xen.folder }) };
  Object.assign(here, { version: newestVersion(), helpers: [], started: 0, closed: 0, dead: false });
  Object.assign(here, { policy: { leaves: [], msrs: [] }, offers: true, stockMoves: [] });
});
afterEach(() => {
  xen.close();
});

const host = () => folder.mig();
const output = new Output(-1, { subject: 'the test' });
const input = new Input(-1, { subject: 'the test' });

test('a version that mig only takes for the newest is said, and no other', () => {
  expect(host().caution).toBeUndefined();
  here.version = { ...newestVersion(), minor: 99, grounds: 'newest' };
  expect(host().caution).toMatch(/^this host runs Xen 4.99, newer than mig knows/);
});
const options: SaveOptions = {
  ...{ live: true, debug: false, suspendTimeout: 1000 },
  policy: () => ({ decision: 'continue-precopy' }),
};

/** Writes the record of a process that is gone. */
function left(standing: Standing, more: Partial<DomainRecord> = {}): void {
  const process = { ...thisProcess(), startTime: -1 };
  const hold = { id: 'of another', purpose: 'migration', to: 'far', process } as const;
  xen.setRecord(DOMID, { standing, epoch: 4, uuid: xen.get(DOMID).uuid, ownName: 'busy', hold, ...more });
}

/** Writes a record whose process may be alive. */
function held(standing: Standing): void {
  left(standing);
  const record = xen.record(DOMID)!;
  const process = { ...record.hold!.process, pidNamespace: 'elsewhere' };
  xen.setRecord(DOMID, { ...record, hold: { ...record.hold!, process } });
}

describe('domains', () => {
  test('are described in our units', () => {
    xen.add(DOMID, { cpuNanoseconds: 1.5e9, pauses: 1 });
    const state = { paused: true, suspended: false, crashed: false };
    const about = {
      domid: DOMID,
      name: 'busy',
      uuid: 'uuid-1',
      memory: 96,
      vcpus: 2,
      state,
      cpuSeconds: 1.5,
    };
    expect(host().describe(DOMID)).toEqual({ ...about, logDirty: undefined, standing: 'free', epoch: 0 });
    refused('no-such-domain', () => host().describe(3));
  });

  test('are found by domid where it is all digits, else by name', () => {
    xen.add(2, { name: '1' });
    expect(host().find('busy')?.domid).toBe(1);
    expect(host().find('1')?.domid).toBe(1);
    expect(host().find('2')?.domid).toBe(2);
    expect(host().find('3')).toBeUndefined();
  });

  test('have the name in their configuration that they have now', () => {
    xen.add(DOMID, { name: 'now', configuration: { c_info: { name: 'old', uuid: 'u' }, b_info: {} } });
    expect(host().configuration(DOMID)).toBe('{"c_info":{"name":"now","uuid":"u"},"b_info":{}}');
  });

  test("are as paused as their operator has them: mig's own pause is not told", () => {
    xen.add(DOMID, { pauses: 1, suspended: true });
    left('sent', { pause: true, sentTo: 'far' });
    expect(host().describe(DOMID)).toMatchObject({
      standing: 'away',
      sentTo: 'far',
      state: { paused: false },
    });
    left('incoming', { pause: true });
    xen.get(DOMID).suspended = false;
    expect(host().describe(DOMID)).toMatchObject({ standing: 'incoming', state: { paused: true } });
  });
});

describe('a command', () => {
  const commands: Record<string, (host: XenHost) => unknown> = {
    pause: (host) => host.pause(DOMID),
    unpause: (host) => host.unpause(DOMID),
    rename: (host) => host.rename(DOMID, 'other'),
    resume: (host) => host.resume(DOMID),
    'resume --force': (host) => host.resume(DOMID, { force: true }),
    save: (host) => host.take(DOMID, { kind: 'save' }),
    'dirty-rate': (host) => host.withDirtyLog(DOMID, () => 'logged'),
  };

  test.each([
    ['held', 'taken', ['rename', 'save', 'dirty-rate']],
    ['wrong-state', 'taken', ['resume', 'resume --force']],
    ['held', 'suspended', Object.keys(commands)],
    ['held', 'sent', Object.keys(commands)],
    ['arriving', 'incoming', Object.keys(commands)],
  ] as const)('is refused as %s while another has it: %s', (code, standing, names) => {
    held(standing);
    xen.get(DOMID).suspended = standing === 'suspended' || standing === 'sent';
    xen.get(DOMID).pauses = standing === 'incoming' ? 1 : 0;
    for (const name of names) refused(code, () => commands[name]!(host()));
    expect(xen.acts).toEqual([]);
  });

  test('that was decided on another state of affairs is refused', () => {
    left('free');
    for (const epoch of [3, 5]) {
      refused('stale', () => host().rename(DOMID, 'other', epoch));
      refused('stale', () => host().destroy(DOMID, epoch));
    }
    // A stock command has suspended it since.
    xen.suspend(DOMID);
    refused('stale', () => host().destroy(DOMID, 4));
    refused('stale', () => host().resume(DOMID, { epoch: 4 }));
    expect(xen.acts).toEqual([]);
    host().resume(DOMID, { epoch: host().describe(DOMID).epoch });
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('does not give a domain what is no name', () => {
    for (const name of ['', 'a/b', '\x1b[2J']) refused('bad-configuration', () => host().rename(DOMID, name));
    expect(xen.acts).toEqual([]);
    // A domain that stock xl gave such a name is not left suspended for it.
    xen.add(DOMID, { name: 'a/b', suspended: true });
    host().resume(DOMID);
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('does not give a domain the name of another', () => {
    xen.add(2, { name: 'other' });
    refused('name-taken', () => host().rename(DOMID, 'other'));
    host().rename(DOMID, 'busy');
    host().rename(DOMID, 'free');
    expect(xen.get(DOMID).name).toBe('free');
  });

  test('does not measure what does not run', () => {
    xen.suspend(DOMID);
    expect(refused('wrong-state', () => host().withDirtyLog(DOMID, () => 0))).toMatch(
      /'mig resume busy' revives it$/,
    );
    xen.add(DOMID, { crashed: true });
    refused('wrong-state', () => host().withDirtyLog(DOMID, () => 0));
    refused('no-such-domain', () => host().withDirtyLog(3, () => 0));
  });

  test('pauses and unpauses', () => {
    host().pause(DOMID);
    expect(xen.get(DOMID).pauses).toBe(1);
    host().unpause(DOMID);
    expect(xen.runs(DOMID)).toBe(true);
  });
});

describe('resume', () => {
  test.each<[Standing, string, boolean]>([
    ['suspended', 'busy', false],
    ['sent', AWAY, true],
  ])('takes back the pause that a dead process has left: %s', (standing, name, force) => {
    xen.add(DOMID, { name, pauses: 1, suspended: true });
    left(standing, { pause: true });
    if (force) refused('sent-away', () => host().resume(DOMID));
    const { epoch } = host().describe(DOMID);
    host().resume(DOMID, { force, epoch });
    expect(xen.runs(DOMID)).toBe(true);
    expect(xen.get(DOMID).name).toBe('busy');
    expect(host().describe(DOMID)).toMatchObject({ standing: 'free', epoch: epoch + 1 });
    refused('wrong-state', () => host().resume(DOMID, { force: true }));
    expect(xen.acts.filter((act) => act === 'xc unpause 1')).toHaveLength(1);
  });

  test('also where a stock command has resumed it under that pause', () => {
    xen.add(DOMID, { pauses: 1 });
    left('suspended', { pause: true });
    host().resume(DOMID);
    expect(xen.acts).toEqual(['xc unpause 1']);
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('one that a stock command has put to RAM goes on', () => {
    xen.suspend(DOMID);
    host().resume(DOMID);
    expect(xen.acts).toEqual(['libxl resume 1']);
    expect(host().describe(DOMID)).toMatchObject({ standing: 'free' });
  });

  test.each<[string, string, boolean]>([
    ['busy', 'busy', false],
    ['busy', '1', false],
    [AWAY, 'busy', true],
  ])('does not run %s, which a stock xl that was told %s is moving', (name, told, force) => {
    xen.add(DOMID, { name, suspended: true });
    here.stockMoves = [told];
    expect(refused('held', () => host().resume(DOMID, { force }))).toBe(
      `${name} is being saved or migrated by the stock xl, process 4711`,
    );
    expect(xen.acts).toEqual([]);
    here.stockMoves = [];
    host().resume(DOMID, { force });
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('leaves a pause that was not made: the process died before', () => {
    xen.suspend(DOMID);
    left('suspended', { pause: true });
    host().resume(DOMID);
    expect(xen.acts).toEqual(['libxl resume 1']);
  });

  test('leaves it to the operator where it has been unpaused', () => {
    xen.add(DOMID, { pauses: 1, suspended: true });
    left('suspended', { pause: true });
    host().unpause(DOMID);
    xen.get(DOMID).pauses = 1;
    host().resume(DOMID);
    expect(xen.get(DOMID)).toMatchObject({ pauses: 1, suspended: false });
  });

  test('does not run it twice, and not under the name of another', () => {
    xen.add(DOMID, { name: AWAY, suspended: true });
    const other = xen.add(2, { name: 'busy', uuid: xen.get(DOMID).uuid });
    refused('uuid-taken', () => host().resume(DOMID, { force: true }));
    other.uuid = 'of another';
    refused('name-taken', () => host().resume(DOMID, { force: true }));
    expect(xen.acts).toEqual([]);
  });

  test('what stock xl has sent away needs force, under any name', () => {
    xen.add(DOMID, { name: AWAY, suspended: true });
    refused('sent-away', () => host().resume(DOMID));
    host().rename(DOMID, 'other');
    expect(refused('sent-away', () => host().resume(DOMID))).toBe(
      'other was sent to another host, which may be running it',
    );
    host().resume(DOMID, { force: true });
    expect(xen.runs(DOMID)).toBe(true);
  });
});

describe('destroy', () => {
  test.each<Standing>(['taken', 'suspended', 'incoming'])('ends also what another has: %s', (standing) => {
    held(standing);
    host().destroy(DOMID);
    expect(xen.domains.size).toBe(0);
  });

  test('does not end what the other end may still give back', () => {
    held('sent');
    refused('held', () => host().destroy(DOMID));
    left('sent');
    host().destroy(DOMID);
  });

  test('ends an incoming copy whose receiver has died', () => {
    xen.add(DOMID, { pauses: 2 });
    left('incoming', { pause: true });
    host().destroy(DOMID);
    expect(xen.domains.size).toBe(0);
  });

  test('is known to others meanwhile, and no longer where it fails', () => {
    xen.before.set('libxl destroy', () => {
      expect(refused('held', () => host().take(DOMID, { kind: 'save' }))).toBe('busy is being destroyed');
      throw new HostError('unavailable', 'ERROR_FAIL');
    });
    refused('unavailable', () => host().destroy(DOMID));
    host().take(DOMID, { kind: 'save' }).release();
  });
});

describe('a migration', () => {
  beforeEach(() => {
    xen.image = (request, listener) => {
      if (request.kind === 'restore') {
        xen.add(7, { name: 'busy--incoming', uuid: xen.get(DOMID).uuid, pauses: 1, cpuNanoseconds: 0 });
        return 7;
      }
      xen.suspend(DOMID);
      listener?.hear({ kind: 'saving', event: { kind: 'suspended' } });
      const precopyEnd = { code: 'test', sentence: 'enough' };
      const report = {
        passes: [],
        precopyEnd,
        octets: 1,
        milliseconds: 1,
        suspendMilliseconds: 1,
        lineRate: undefined,
      };
      listener?.hear({ kind: 'image', report: { ...report, suspendRequestedAt: 0 } });
      return undefined;
    };
  });

  const configuration = () => JSON.stringify({ c_info: { name: 'busy', uuid: xen.get(DOMID).uuid } });
  const restore = (fromHost: boolean) =>
    host().restoreFrom(input, { configuration: configuration(), name: 'busy--incoming', fromHost });

  test('to this same host never runs it twice', () => {
    const taken = host().take(DOMID, { kind: 'migration', to: 'here' });
    taken.saveTo(output, options);
    const copy = restore(true);
    refused('uuid-taken', () => restore(false));
    taken.sendAway(AWAY, 'here');
    copy.start('busy');
    expect([xen.runs(DOMID), xen.runs(7)]).toEqual([false, true]);
    expect(refused('uuid-taken', () => restore(false))).toMatch(/was sent to here, which may be running it$/);
    taken.destroy();
    taken.release();
    copy.release();
    expect([...xen.domains.keys()]).toEqual([7]);
    expect(host().describe(7).standing).toBe('free');
  });

  test('is refused where the domain is here already', () => {
    expect(refused('uuid-taken', () => restore(true))).toMatch(/^busy, domid 1, is this very domain/);
    refused('uuid-taken', () => restore(false));
    expect(xen.domains.size).toBe(1);
  });

  test('a restore of what was sent away, or is arriving, is refused', () => {
    xen.add(DOMID, { name: AWAY, suspended: true });
    expect(refused('uuid-taken', () => restore(false))).toMatch(/was sent to another host, which may be/);
    const copy = restore(true);
    xen.domains.delete(DOMID);
    const again = { configuration: '{"c_info":{"uuid":"uuid-1"}}', name: 'busy' };
    expect(refused('uuid-taken', () => host().restoreFrom(input, again))).toMatch(/is arriving here$/);
    copy.destroy();
  });

  test('is refused where what it is called is no name, or its configuration is not to be given to libxl', () => {
    const sound = { configuration: configuration(), name: 'busy--incoming', fromHost: true };
    refused('bad-configuration', () => host().restoreFrom(input, { ...sound, name: '\x1b[2J--incoming' }));
    const odd = JSON.stringify({ c_info: { type: '\x1b[2J' } });
    refused('bad-configuration', () => host().restoreFrom(input, { ...sound, configuration: odd }));
    expect(xen.acts).toEqual([]);
  });

  test('is refused where another has its name', () => {
    const other = {
      configuration: '{"c_info":{"name":"busy","uuid":"v"}}',
      name: 'busy--incoming',
      fromHost: true,
    };
    refused('name-taken', () => host().restoreFrom(input, other));
  });

  test('from stock xl is known by the helper that libxl has started', () => {
    here.helpers.push({ pid: 42, domid: DOMID, mode: 'save', live: true });
    restore(true).destroy();
    expect(xen.acts).toEqual(['xc pause 7', 'libxl destroy 7']);
  });

  test('sends the configuration and the name of when it was taken', () => {
    const taken = host().take(DOMID, { kind: 'migration' });
    expect(taken.info).toMatchObject({ standing: 'taken', name: 'busy' });
    expect(JSON.parse(taken.configuration)).toMatchObject({ c_info: { name: 'busy' } });
    taken.release();
  });
});

describe('before a migration', () => {
  const UUID = '7209914c-eb2c-11f1-a38e-4f5345a45087';
  const pvh = {
    c_info: { type: 'pvh', name: 'g1', uuid: UUID },
    b_info: { max_memkb: 98304, target_memkb: 98304, max_vcpus: 1 },
  };
  const outcomesOf = (checks: readonly { check: string; outcome: string }[]) =>
    Object.fromEntries(checks.map(({ check, outcome }) => [check, outcome]));
  const arriving = async (more: object = {}, question: object = {}) => {
    const configuration = JSON.stringify({ ...pvh, ...more });
    const { major, minor } = newestVersion();
    const xen = { major, minor, cpuPolicy: { leaves: [], msrs: [] } };
    return outcomesOf(await host().checkArrival({ configuration, xen, ...question }));
  };

  test('the source says what it knows, and touches nothing', async () => {
    xen.get(DOMID).configuration = pvh;
    const { checks, question } = await host().checkDeparture(DOMID);
    expect(outcomesOf(checks)).toEqual({
      domain: 'passed',
      'away-name': 'passed',
      log: 'passed',
      devices: 'passed',
    });
    const { major, minor } = newestVersion();
    expect(question.xen).toEqual({ major, minor, cpuPolicy: { leaves: [], msrs: [] } });
    expect(JSON.parse(question.configuration)).toMatchObject({ c_info: { name: 'busy', uuid: UUID } });
    expect(xen.acts).toEqual([]);
  });

  test('a source that is not told its processor asks without', async () => {
    here.policy = undefined;
    const { question } = await host().checkDeparture(DOMID);
    expect(question.xen).toEqual({ major: 4, minor: newestVersion().minor });
  });

  test.each<[string, () => void, Record<string, string>]>([
    ['is paused', () => (xen.get(DOMID).pauses = 1), { domain: 'failed' }],
    ['is another’s', () => held('taken'), { domain: 'failed' }],
    ['was sent', () => held('sent'), { domain: 'failed' }],
    ['is to have a name that is taken', () => xen.add(2, { name: AWAY }), { 'away-name': 'failed' }],
    ['is PV', () => (xen.get(DOMID).configuration = { c_info: { type: 'pv' } }), { log: 'passed' }],
    ['has a device', () => (xen.get(DOMID).configuration = { ...pvh, pcidevs: [{}] }), { devices: 'failed' }],
  ])('the source sees that its domain %s', async (_, change, outcomes) => {
    xen.get(DOMID).configuration = pvh;
    change();
    expect(outcomesOf((await host().checkDeparture(DOMID)).checks)).toMatchObject(outcomes);
  });

  test('a target on which all is well', async () => {
    expect(await arriving()).toEqual({
      ...{ kind: 'passed', configuration: 'passed', name: 'passed', uuid: 'passed', memory: 'passed' },
      ...{ version: 'passed', processor: 'passed', disks: 'passed', bridges: 'passed' },
    });
    expect(xen.acts).toEqual([]);
  });

  test('a target on which nothing is', async () => {
    xen.add(0, { name: 'Domain-0' });
    xen.add(2, { name: 'g1' });
    xen.add(3, { name: 'copy', uuid: UUID });
    xen.freeMemory = 0;
    here.offers = false;
    const more = {
      c_info: { ...pvh.c_info, domid: 3 },
      b_info: { max_memkb: 2 ** 30, target_memkb: 2 ** 30 },
      disks: [{ pdev_path: '/nonexistent/disk', vdev: 'xvda' }],
      nics: [{ bridge: 'none/such' }],
    };
    here.version = xenVersions[0];
    expect(await arriving(more)).toEqual({
      ...{ kind: 'passed', configuration: 'passed', name: 'failed', uuid: 'failed', domid: 'failed' },
      ...{ memory: 'failed', version: 'failed', processor: 'failed', disks: 'failed', bridges: 'failed' },
    });
  });

  test('a target of another kind, or with a configuration that is none', async () => {
    expect(await arriving({ c_info: { type: 'wasm', name: 'busy' } })).toEqual({ kind: 'failed' });
    expect(await arriving({}, { configuration: '[' })).toEqual({ configuration: 'failed' });
    expect(await arriving({ c_info: { name: '\u001b' } })).toEqual({ configuration: 'failed' });
  });

  test('a target on which it may run on no CPU', async () => {
    const none = { all: [], hvm: [], pv: [], size: 8 };
    xen.settings = { ...xen.settings, cpuMasks: none };
    expect(await arriving()).toMatchObject({ configuration: 'failed' });
    const incoming = { configuration: JSON.stringify(pvh), name: 'g1--incoming', fromHost: true };
    const message = refused('bad-configuration', () => host().restoreFrom(input, incoming));
    expect(message).toMatch(/vm\.cpumask/);
  });

  test('a source that says nothing of itself leaves open what hangs on it', async () => {
    expect(await arriving({}, { xen: undefined })).toMatchObject({
      version: 'unknown',
      processor: 'unknown',
    });
  });

  test('a host that sends to itself has the domain', async () => {
    xen.get(DOMID).configuration = { ...pvh, c_info: { ...pvh.c_info, name: 'busy', uuid: 'uuid-1' } };
    const { question } = await host().checkDeparture(DOMID);
    expect(question.host).toMatch(/^[0-9a-f]{64}$/);
    expect(outcomesOf(await host().checkArrival(question))).toMatchObject({ name: 'passed', uuid: 'passed' });
    const other = { ...question, host: 'another' };
    expect(outcomesOf(await host().checkArrival(other))).toMatchObject({ name: 'passed', uuid: 'failed' });
  });

  test('a domain with a device passed through is not taken for a migration, unless that is asked for', () => {
    xen.get(DOMID).configuration = { ...pvh, pcidevs: [{ bus: 3 }] };
    const message = refused('not-live-migratable', () => host().take(DOMID, { kind: 'migration' }));
    expect(message).toMatch(/^it has 0000:03:00.0 of this host to itself/);
    expect(host().describe(DOMID).standing).toBe('free');
    host().take(DOMID, { kind: 'migration', unchecked: true }).release();
    host().take(DOMID, { kind: 'save' }).release();
  });

  test.each([
    ['disks', { disks: [{ pdev_path: '/nonexistent/disk', vdev: 'xvda' }] }],
    ['bridges', { nics: [{ bridge: 'none/such' }] }],
    ['memory', { b_info: { target_memkb: 2 ** 40 } }],
  ])(
    'a domain that lacks its %s here is refused before it is received, unless that is asked for',
    (check, more) => {
      xen.add(0, { name: 'Domain-0' });
      const configuration = JSON.stringify({ ...pvh, ...more });
      const incoming = { configuration, name: 'g1--incoming', fromHost: true };
      let received = 0;
      xen.image = () => {
        xen.add(7, { name: 'g1--incoming', uuid: UUID, pauses: 1, cpuNanoseconds: 0 });
        return (received = 7);
      };
      const message = refused('unavailable', () => host().restoreFrom(input, incoming));
      expect(message).toContain(`could not start on this host (${check}: `);
      expect(received).toBe(0);
      expect(host().restoreFrom(input, { ...incoming, unchecked: true }).domid).toBe(7);
    },
  );
});

describe('a PV domain', () => {
  const why = 'is a PV domain, of which Xen as it is usually built does not log the writes';

  test('does not move live, and is not measured', () => {
    expect(host().whyNotLive(DOMID)).toBeUndefined();
    xen.add(DOMID, { hvm: false });
    expect(host().whyNotLive(DOMID)).toBe(why);
    const message = refused('not-live-migratable', () => host().withDirtyLog(DOMID, () => 0));
    expect(message).toBe(`busy ${why}`);
  });

  test('is saved as one that stands still, whoever asks', () => {
    xen.add(DOMID, { hvm: false });
    const asked: LibxlRequest[] = [];
    xen.image = (request) => asked.push(request);
    const domain = host().take(DOMID, { kind: 'migration' });
    expect(() => domain.saveTo(output, options)).toThrow('did not use the save helper');
    expect(asked).toMatchObject([{ kind: 'suspend', live: false }]);
  });
});

describe("libxl's process", () => {
  test('is started when it is wanted, once', () => {
    const one = host();
    expect(here.started).toBe(0);
    one.list();
    one.list();
    expect([here.started, here.closed]).toEqual([1, 0]);
  });

  test('is started again where it has ended: what it left suspended is to be resumed', () => {
    const one = host();
    here.dead = true;
    refused('unavailable', () => one.list());
    here.dead = false;
    xen.suspend(DOMID);
    one.resume(DOMID);
    expect([here.started, here.closed]).toEqual([2, 1]);
  });
});

describe('arrivals from other hosts', () => {
  const header = encodeXlHeader(xlHeader(JSON.stringify({ c_info: { name: 'other', uuid: 'u' } })));

  function receive(arrivalsMax?: number): { error: unknown; answer: string } {
    const [sent, answered] = [pipe(65536), pipe(65536)];
    const [source, target] = [
      new Output(sent.writeEnd, { subject: 'the test' }),
      new Output(answered.writeEnd, { subject: 'the test' }),
    ];
    const [stream, heard] = [
      new Input(sent.readEnd, { subject: 'the test' }),
      new Input(answered.readEnd, { subject: 'the test' }),
    ];
    source.write(header);
    source.close();
    let error: unknown;
    try {
      receiveDomain(host(), { input: stream, output: target }, { arrivalsMax });
    } catch (caught) {
      error = caught;
    }
    target.close();
    const octets = new Uint8Array(4096);
    const answer = new TextDecoder().decode(octets.subarray(0, heard.readSome(octets)));
    for (const each of [stream, heard]) each.close();
    return { error, answer };
  }

  test('are refused where the host is cordoned, before libxl is asked; what is restored here is not', () => {
    host().arrivals.cordon({ by: 'root', reason: 'a new disk' });
    const { error, answer } = receive();
    expect(error).toMatchObject({ outcome: 'none', cause: { code: 'cordoned' } });
    expect(answer).toBe('mig-refused cordoned: no domain may arrive, cordoned by root: a new disk\n');
    expect(here.started).toBe(0);
    xen.image = () => {
      xen.add(7, { name: 'other', uuid: 'u', pauses: 1, cpuNanoseconds: 0 });
      return 7;
    };
    const configuration = JSON.stringify({ c_info: { name: 'other', uuid: 'u' } });
    expect(host().restoreFrom(input, { configuration, name: 'other' }).domid).toBe(7);
  });

  test('are no more at once than may be, counted while libxl builds one, and one fewer once that has failed', () => {
    let second: ReturnType<typeof receive> | undefined;
    xen.image = () => {
      expect(host().arrivals.now().underWay).toBe(1);
      second = receive(1);
      // The mark of an administrator does not stop what is under way.
      host().arrivals.cordon({ by: 'root' });
      throw new HostError('unavailable', 'the stream has ended');
    };
    const { error } = receive(1);
    expect(second?.error).toMatchObject({ outcome: 'none', cause: { code: 'arrivals-full' } });
    expect(error).toMatchObject({ outcome: 'destroyed', message: 'the stream has ended' });
    host().arrivals.uncordon();
    expect(host().arrivals.now()).toEqual({ cordon: undefined, underWay: 0 });
    expect(receive(1).answer).toMatch(/^xl migration receiver ready/);
  });
});
