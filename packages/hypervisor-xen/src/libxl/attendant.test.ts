/** Tests of the actions on a domain that has shut down, by its configuration. */
import { expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { type AttendedLibxl, Attendant } from './attendant.js';
import type { DomainEnd, LibxlDomain } from './libxl.js';
import { preservedSuffix } from './shutdown-action.js';

const DOMID = 3;
const NOW = new Date('2026-11-29T05:12:59Z');

interface Script {
  /** The domain's ends in turn; the domains that replace it have the same configuration. */
  readonly ends: DomainEnd[];
  readonly actions?: Readonly<Record<string, string>>;
  readonly updated?: boolean;
  /** Number of looks at a suspended domain until it is resumed. */
  suspendedLooks?: number;
  readonly failing?: Partial<
    Record<'create' | 'dumpCore' | 'softReset' | 'preserve' | 'configuration', HostError>
  >;
}

/** A scripted libxl: its domain ends as the script says, and actions are recorded. */
function attended(script: Script) {
  const did: string[] = [];
  const said: string[] = [];
  const here = new Set([DOMID]);
  let next = DOMID + 1;
  const step = (what: string) => did.push(what);
  const perhapsFail = (what: keyof NonNullable<Script['failing']>) => {
    const error = script.failing?.[what];
    if (error !== undefined) throw error;
  };
  const libxl: AttendedLibxl = {
    describe(domid) {
      if (!here.has(domid)) return undefined;
      const suspended = (script.suspendedLooks ?? 0) > 0;
      if (suspended) script.suspendedLooks!--;
      return { name: 'busy', suspended } as LibxlDomain;
    },
    configuration() {
      perhapsFail('configuration');
      return JSON.stringify({ c_info: { name: 'busy', domid: 9 }, ...script.actions });
    },
    configurationUpdate: () => script.updated ?? false,
    watch: () => () => undefined,
    awaitEnd(domid) {
      const end = script.ends.shift() ?? 'gone';
      if (end === 'gone') here.delete(domid);
      return end;
    },
    destroy(domid) {
      step(`destroy ${domid}`);
      here.delete(domid);
    },
    create(configuration) {
      perhapsFail('create');
      step(`create ${configuration}`);
      here.add(next);
      return next++;
    },
    unpause: (domid) => void step(`unpause ${domid}`),
    preserve(domid, _configuration, suffix, uuid) {
      perhapsFail('preserve');
      expect(uuid).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      step(`preserve ${domid} ${suffix}`);
    },
    softReset(domid) {
      perhapsFail('softReset');
      step(`soft reset ${domid}`);
    },
    dumpCore(_domid, path) {
      step(`dump ${path}`);
      perhapsFail('dumpCore');
    },
  };
  const host = {
    build: (configuration: string, create: (own: string) => number) => create(configuration),
    say: (text: string) => void said.push(text),
    pause: (ms: number) => void step(`${ms} ms`),
    now: () => NOW,
  };
  return { attend: () => new Attendant(libxl, host).attend(DOMID), did, said };
}

/** The configuration of a restarted domain, without its old domid. */
const created = (action: Record<string, string>) =>
  `create ${JSON.stringify({ c_info: { name: 'busy' }, ...action })}`;

test.each<[DomainEnd, string, (action: Record<string, string>) => string[]]>([
  ['poweroff', 'destroy', () => ['destroy 3']],
  ['reboot', 'restart', (action) => ['destroy 3', '2000 ms', created(action), 'unpause 4']],
  [
    'crash',
    'restart_rename',
    (action) => ['preserve 3 -20261129T0512Z', '2000 ms', created(action), 'unpause 4'],
  ],
  ['watchdog', 'preserve', () => []],
  ['crash', 'coredump_destroy', () => ['dump /var/lib/xen/dump/busy', 'destroy 3']],
  [
    'watchdog',
    'coredump_restart',
    (action) => ['dump /var/lib/xen/dump/busy', 'destroy 3', '2000 ms', created(action), 'unpause 4'],
  ],
  ['soft_reset', 'soft_reset', () => ['2000 ms', 'soft reset 3', 'unpause 3']],
])('%s: %s', (end, action, expected) => {
  const actions = { [`on_${end}`]: action };
  const { attend, did, said } = attended({ ends: [end], actions });
  attend();
  expect(did).toEqual(expected(actions));
  expect(said).toContain(`domain 3 has shut down, reason ${end}: ${action}`);
});

test('what a configuration does not say, and a reason that Xen does not know, is destroy', () => {
  for (const end of ['reboot', 'unknown'] as const) {
    const { attend, did } = attended({ ends: [end], actions: { on_unknown: 'restart' } });
    attend();
    expect(did).toEqual(['destroy 3']);
  }
});

test('whoever takes its place is attended to as well', () => {
  const actions = { on_reboot: 'restart', on_poweroff: 'destroy' };
  const { attend, did } = attended({ ends: ['reboot', 'reboot', 'poweroff'], actions });
  attend();
  expect(did.filter((what) => what.startsWith('destroy'))).toEqual(['destroy 3', 'destroy 4', 'destroy 5']);
});

test('a suspended domain is its suspender’s: it is waited for until it runs again or is gone', () => {
  const script: Script = { ends: ['suspend', 'poweroff'], suspendedLooks: 5 };
  const { attend, did } = attended(script);
  attend();
  expect(did).toEqual(['1000 ms', '1000 ms', '1000 ms', 'destroy 3']);
});

test('one that another command destroys in between is gone, and no failure', () => {
  const configuration = new HostError('no-such-domain', 'there is no domain 3');
  const { attend, did, said } = attended({ ends: ['reboot'], failing: { configuration } });
  attend();
  expect(did).toEqual([]);
  expect(said.at(-1)).toBe('domain 3 has been destroyed by another command');
});

test('a core that cannot be dumped keeps nothing from going on', () => {
  const dumpCore = new HostError('unavailable', 'no room');
  const { attend, did, said } = attended({
    ends: ['crash'],
    actions: { on_crash: 'coredump_destroy' },
    failing: { dumpCore },
  });
  attend();
  expect(did.at(-1)).toBe('destroy 3');
  expect(said).toContain('no room');
});

test('one whose name cannot be changed is left as it is', () => {
  const preserve = new HostError('unavailable', 'taken');
  const { attend, did } = attended({
    ends: ['crash'],
    actions: { on_crash: 'restart_rename' },
    failing: { preserve },
  });
  expect(attend).toThrow(preserve);
  expect(did).toEqual([]);
});

test('one that cannot be reset is destroyed', () => {
  const softReset = new HostError('unavailable', 'ERROR_INVAL');
  const { attend, did } = attended({
    ends: ['soft_reset'],
    actions: { on_soft_reset: 'soft_reset' },
    failing: { softReset },
  });
  expect(attend).toThrow(softReset);
  expect(did).toEqual(['2000 ms', 'destroy 3']);
});

test('a configuration that waits for the restart is said not to be taken', () => {
  const { attend, said } = attended({ ends: ['reboot'], actions: { on_reboot: 'restart' }, updated: true });
  attend();
  expect(said.join('\n')).toMatch(/what xl config-update has stored .* is not heeded/);
});

test('a preserved name has the minute in UTC', () => {
  expect(preservedSuffix(NOW)).toBe('-20261129T0512Z');
});
