import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { OctetSink } from '@mig/channel';
import { HostError, type ImageReport, type SaveOptions } from '@mig/hypervisor';
import { Output } from '@mig/posix';
import { FakeXen, refused } from './fake-xen.test-support.js';
import { XenOutgoingDomain } from './outgoing-domain.js';
import type { SaveHelper } from '../xen/saver-processes.js';
import type { SavedDomain } from '../helper/stock-save.js';

const helpers = vi.hoisted((): { all: () => SaveHelper[] } => ({ all: () => [] }));
vi.mock('../xen/saver-processes.js', () => ({ helpersAtWork: () => helpers.all() }));

const DOMID = 1;
const AWAY = 'busy--migratedaway';
const output = new Output(-1, { subject: 'the test' });
const options: SaveOptions = {
  live: true,
  debug: false,
  policy: () => ({ decision: 'continue-precopy' }),
  suspendTimeout: 1000,
};

let xen: FakeXen;
beforeEach(() => {
  xen = new FakeXen();
  xen.add(DOMID);
  helpers.all = () => xen.helpers;
});
afterEach(() => {
  xen.close();
});

/** @param save the helper's work; the guest has suspended when it calls back */
function take(
  save: (suspended: () => void) => void = (suspended) => {
    suspended();
  },
): XenOutgoingDomain {
  const { ledger, domains } = xen.mig();
  const parts = {
    ledger,
    domains,
    save: (_: OctetSink, __: SaveOptions, domain: SavedDomain) => {
      save(() => {
        expect(domain.hasSuspended()).toBe(false);
        xen.suspend(DOMID);
        expect(domain.hasSuspended()).toBe(true);
        domain.suspended();
      });
      return {} as ImageReport;
    },
  };
  return XenOutgoingDomain.take(parts, DOMID, { kind: 'migration', to: 'far' }, () => {
    const { domain, standing } = domains.describe(DOMID);
    const { domid, name, uuid, paused, suspended, crashed } = domain;
    const rest = { memory: 96, vcpus: 1, cpuSeconds: 0, logDirty: undefined };
    const info = { domid, name, uuid, state: { paused, suspended, crashed }, ...rest, ...standing };
    return { info: { ...info, sentTo: '' }, configuration: domains.configuration(domid) };
  });
}

const saved = () => {
  const domain = take();
  domain.saveTo(output, options);
  return domain;
};

const standing = () => xen.mig().domains.describe(DOMID).standing;

const pauses = () => xen.acts.filter((act) => act.startsWith('xc '));

describe('a domain that runs', () => {
  test('is taken once, also by processes that judge at once', () => {
    // Another process acts between the first one's look and its act.
    let other = '';
    xen.before.set('store write', () => {
      xen.before.clear();
      other = refused('unavailable', take);
    });
    const domain = take();
    expect(other).toMatch(/does not give back the lock .*domains\.lock$/);
    expect(refused('held', take)).toBe(`busy is being migrated to far by process ${process.pid}`);
    expect(standing()).toMatchObject({ standing: 'taken', epoch: 0 });
    domain.release();
    expect(standing()).toMatchObject({ standing: 'free', epoch: 0, hold: undefined });
    take();
  });

  test.each([
    ['paused', { pauses: 1 }, /^busy is paused, .*'xl unpause busy' it first$/],
    ['suspended', { suspended: true }, /is suspended already: 'mig resume busy'/],
    ['crashed', { crashed: true }, /has crashed/],
  ])('but not one that is %s', (_, state, words) => {
    xen.add(DOMID, state);
    expect(refused('wrong-state', take)).toMatch(words);
    expect(xen.record(DOMID)).toBeUndefined();
    expect(xen.acts).toEqual([]);
  });

  test('is not taken from a stock toolstack that saves it', () => {
    xen.helpers.push({ pid: 42, domid: DOMID, mode: 'save', live: true });
    expect(refused('held', take)).toMatch(/by another toolstack, whose save helper is process 42$/);
  });

  test('is given up where it cannot be described', () => {
    const { ledger, domains } = xen.mig();
    const broken = () => {
      throw new Error('no configuration');
    };
    const save = () => ({}) as ImageReport;
    expect(() => XenOutgoingDomain.take({ ledger, domains, save }, DOMID, { kind: 'save' }, broken)).toThrow(
      'no conf',
    );
    expect(standing()).toMatchObject({ standing: 'free' });
  });

  test('is had again where its holder is dead, not where that is not known', () => {
    take();
    const { hold } = xen.record(DOMID)!;
    xen.setRecord(DOMID, {
      ...xen.record(DOMID)!,
      hold: { ...hold!, process: { ...hold!.process, pidNamespace: 'elsewhere' } },
    });
    refused('held', take);
    xen.killHolder(DOMID);
    take();
  });

  test('is not saved when a stock command has suspended, paused or taken it since', () => {
    const domain = take();
    xen.suspend(DOMID);
    expect(refused('wrong-state', () => domain.saveTo(output, options))).toBe('busy is suspended already');
    xen.resumeByStock(DOMID);
    xen.get(DOMID).pauses = 1;
    refused('wrong-state', () => domain.saveTo(output, options));
    xen.get(DOMID).pauses = 0;
    xen.helpers.push({ pid: 42, domid: DOMID, mode: 'save', live: false });
    refused('held', () => domain.saveTo(output, options));
    expect(xen.acts).toEqual([]);
  });
});

describe('once the guest has suspended', () => {
  test('it is paused, and that is noted first', () => {
    xen.before.set('xc pause', () => {
      expect(xen.record(DOMID)).toMatchObject({ standing: 'suspended', epoch: 1, pause: true });
    });
    saved();
    expect(xen.get(DOMID).pauses).toBe(1);
    expect(standing()).toMatchObject({ standing: 'suspended', epoch: 1, pause: true });
    refused('held', take);
  });

  test('a stock command that resumes it does not let it run', () => {
    const domain = saved();
    xen.resumeByStock(DOMID);
    expect(xen.runs(DOMID)).toBe(false);
    const words = 'busy was resumed by another command meanwhile';
    expect(refused('stale', () => domain.sendAway(AWAY))).toBe(words);
    domain.release();
    expect(xen.runs(DOMID)).toBe(true);
    expect(pauses()).toEqual(['xc pause 1', 'xc unpause 1']);
    expect(standing()).toMatchObject({ standing: 'free', epoch: 2 });
  });

  test('one that a stock command has resumed before our pause ends the save', () => {
    const domain = take((suspended) => {
      xen.before.set('xc pause', () => xen.resumeByStock(DOMID));
      suspended();
    });
    expect(refused('stale', () => domain.saveTo(output, options))).toMatch(/was resumed/);
    domain.release();
    expect(xen.runs(DOMID)).toBe(true);
    expect(pauses()).toEqual(['xc pause 1', 'xc unpause 1']);
  });

  test('it is resumed by its holder, and paused no longer', () => {
    const domain = saved();
    domain.resume();
    expect(xen.acts).toEqual(['xc pause 1', 'libxl resume 1', 'xc unpause 1']);
    expect(xen.runs(DOMID)).toBe(true);
    domain.release();
    expect(pauses()).toHaveLength(2);
    expect(standing()).toMatchObject({ standing: 'free', epoch: 2, pause: false });
  });

  test('or resumed paused, as was asked for', () => {
    const domain = saved();
    domain.resume({ paused: true });
    domain.release();
    expect(xen.get(DOMID)).toMatchObject({ pauses: 1, suspended: false });
    expect(standing()).toMatchObject({ standing: 'free', pause: false });
  });

  test('resumed also where the news of the suspend has been lost', () => {
    const domain = take(() => {
      xen.suspend(DOMID);
      throw new HostError('unavailable', "libxl's process has ended");
    });
    refused('unavailable', () => domain.saveTo(output, options));
    domain.resume();
    expect(xen.acts).toEqual(['libxl resume 1']);
    domain.release();
    expect(standing()).toMatchObject({ standing: 'free', epoch: 2 });
  });

  test('but not where another toolstack is saving it', () => {
    const domain = saved();
    xen.helpers.push({ pid: 42, domid: DOMID, mode: 'save', live: false });
    refused('held', () => domain.sendAway(AWAY));
    refused('held', () => domain.resume());
    expect(xen.runs(DOMID)).toBe(false);
  });

  test("the operator's own pause stays", () => {
    const domain = saved();
    xen.get(DOMID).pauses += 1;
    domain.resume();
    expect(xen.get(DOMID)).toMatchObject({ pauses: 1, suspended: false });
  });

  test('where the operator took the pause back, none is taken back twice', () => {
    const domain = saved();
    xen.unpauseByStock(DOMID);
    expect(refused('stale', () => domain.sendAway(AWAY))).toMatch(/^busy was unpaused by another command/);
    domain.resume();
    domain.release();
    expect(pauses()).toEqual(['xc pause 1']);
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('given up, it is left suspended and without a pause', () => {
    saved().release();
    expect(xen.get(DOMID)).toMatchObject({ pauses: 0, suspended: true });
    expect(standing()).toMatchObject({ standing: 'abandoned', epoch: 1, pause: false });
  });

  test('left by a process that died, it is abandoned, and its pause remembered', () => {
    saved();
    xen.killHolder(DOMID);
    expect(standing()).toMatchObject({ standing: 'abandoned', epoch: 1, pause: true });
    expect(refused('wrong-state', take)).toMatch(/'mig resume busy' revives it$/);
  });
});

describe('the last look before permission', () => {
  const changes: [string, () => void, RegExp][] = [
    ['resumed', () => xen.resumeByStock(DOMID), /was resumed/],
    ['unpaused', () => xen.unpauseByStock(DOMID), /was unpaused/],
    [
      'run and suspended again',
      () => (xen.get(DOMID).cpuNanoseconds += 1),
      /was resumed by another command meanwhile, and has run$/,
    ],
    ['crashed', () => Object.assign(xen.get(DOMID), { suspended: false, crashed: true }), /has crashed$/],
    ['renamed', () => xen.renameByStock(DOMID, 'other'), /^busy was renamed other by/],
    [
      'given other memory',
      () => (xen.get(DOMID).configuration['b_info'] = { target_memkb: 65536 }),
      /was configured anew by another command meanwhile \(b_info\.target_memkb was 98304 and is 65536\)$/,
    ],
    [
      'given a disk',
      () => (xen.get(DOMID).configuration['disks'] = [{ vdev: 'xvdb' }]),
      /was configured anew by another command meanwhile \(disks was not there\)$/,
    ],
  ];

  test.each(changes)('refuses one that was %s', (_, change, words) => {
    const domain = saved();
    change();
    const name = xen.get(DOMID).name;
    expect(refused('stale', () => domain.sendAway(AWAY))).toMatch(words);
    expect(xen.get(DOMID).name).toBe(name);
    expect(xen.record(DOMID)?.standing).toBe('suspended');
  });

  test.each(changes.slice(0, 4))('is taken once more after the renaming: %s', (_, change, words) => {
    const domain = saved();
    xen.before.set('libxl rename', () => {
      xen.before.clear();
      change();
    });
    expect(refused('stale', () => domain.sendAway(AWAY))).toMatch(words);
    expect(xen.get(DOMID).name).toBe('busy');
    expect(xen.record(DOMID)).toMatchObject({ standing: 'suspended', epoch: 1 });
  });

  test('finds none where it was destroyed', () => {
    const domain = saved();
    xen.domains.delete(DOMID);
    refused('no-such-domain', () => domain.sendAway(AWAY));
    domain.release();
  });

  test('finds another of its domid', () => {
    const domain = saved();
    xen.add(DOMID, { uuid: 'of another' });
    refused('stale', () => domain.sendAway(AWAY));
    refused('stale', () => domain.destroy());
    refused('stale', () => domain.resume());
    domain.release();
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('refuses a name that is taken', () => {
    xen.add(9, { name: AWAY });
    const domain = saved();
    refused('name-taken', () => domain.sendAway(AWAY));
    expect(standing()).toMatchObject({ standing: 'suspended' });
  });

  test('refuses one that is being destroyed', () => {
    const domain = saved();
    const record = xen.record(DOMID)!;
    xen.setRecord(DOMID, { ...record, ending: record.hold!.process });
    expect(refused('held', () => domain.sendAway(AWAY))).toBe('busy is being destroyed');
  });
});

describe('sent away', () => {
  const sent = () => {
    const domain = saved();
    domain.sendAway(AWAY);
    return domain;
  };

  test('it has the name and the record, and nobody runs it', () => {
    sent();
    expect(xen.get(DOMID).name).toBe(AWAY);
    expect(standing()).toMatchObject({ standing: 'sent', epoch: 2, sentTo: 'far' });
    xen.resumeByStock(DOMID);
    expect(xen.runs(DOMID)).toBe(false);
    expect(standing()).toMatchObject({ standing: 'sent', epoch: 2 });
  });

  test('it is taken back under its own name', () => {
    const domain = sent();
    domain.resume();
    domain.release();
    expect(xen.get(DOMID)).toMatchObject({ name: 'busy', pauses: 0, suspended: false });
    expect(standing()).toMatchObject({ standing: 'free', epoch: 3, sentTo: undefined });
    expect(pauses()).toEqual(['xc pause 1', 'xc unpause 1']);
  });

  test('also where a stock command has resumed it under our pause', () => {
    const domain = sent();
    xen.resumeByStock(DOMID);
    domain.resume();
    expect(xen.runs(DOMID)).toBe(true);
    expect(xen.acts).not.toContain('libxl resume 1');
  });

  test('under the name that an operator has given it meanwhile', () => {
    const domain = sent();
    xen.renameByStock(DOMID, 'other');
    domain.resume();
    expect(xen.get(DOMID).name).toBe('other');
  });

  test('it is destroyed', () => {
    sent().destroy();
    expect(xen.domains.size).toBe(0);
  });

  test.each(['given up', 'left by a process that died'])('%s, it is away, and stays paused', (how) => {
    const domain = sent();
    if (how === 'given up') domain.release();
    else xen.killHolder(DOMID);
    expect(xen.get(DOMID).pauses).toBe(1);
    expect(standing()).toMatchObject({ standing: 'away', epoch: 3, sentTo: 'far', pause: true });
    expect(refused('sent-away', take)).toBe(`${AWAY} was sent to far, which may be running it`);
  });
});
