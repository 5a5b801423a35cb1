import assert from 'node:assert/strict';
import { HostError } from '../errors.js';
import type { HypervisorCase } from './bench.js';
import {
  arrived,
  assertRefused,
  assertRuns,
  assertState,
  COPY,
  DOMAIN,
  onBusyDomain,
  passes,
  saving,
  withRecording,
  withTaken,
} from './stage.js';

const AWAY = `${DOMAIN}--migratedaway`;

/**
 * Cases of who may command a domain while a migration or a save holds it: the owner decides, at the moment of
 * the act.
 */
export const ownershipCases: readonly HypervisorCase[] = [
  onBusyDomain('one that is taken is not taken again, and keeps its name', (bench, domid) => {
    const { host } = bench;
    withTaken(host, domid, (taken) => {
      assert.equal(host.describe(domid).standing, 'taken');
      assert.equal(taken.info.name, DOMAIN);
      assertRefused('held', () => host.take(domid, { kind: 'save' }));
      assertRefused('held', () => host.rename(domid, `${DOMAIN}2`));
    });
    assert.equal(host.describe(domid).standing, 'free');
    host.rename(domid, `${DOMAIN}2`);
    withTaken(host, domid, () => undefined);
    assertRuns(bench, domid);
  }),

  onBusyDomain('suspended for a migration, nobody else resumes it', (bench, domid) => {
    const { host } = bench;
    withRecording(({ output }) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(output, saving(passes(1)));
        assert.equal(host.describe(domid).standing, 'suspended');
        assertRefused('held', () => host.resume(domid));
        assertRefused('held', () => host.resume(domid, { force: true }));
        assertRefused('held', () => host.take(domid, { kind: 'save' }));
        assertRefused('held', () => host.rename(domid, `${DOMAIN}2`));
        assertState(host.describe(domid), { paused: false, suspended: true });
      });
    });
    // The toolstack that suspended the domain is gone, and the domain was not sent away.
    assert.equal(host.describe(domid).standing, 'abandoned');
    assertRefused('wrong-state', () => host.take(domid, { kind: 'save' }));
    host.resume(domid);
    assertRuns(bench, domid);
  }),

  onBusyDomain('sent away, it carries that itself, whatever its name', (bench, domid) => {
    const { host } = bench;
    withRecording(({ output }) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(output, saving(passes(1)));
        taken.sendAway(AWAY, 'far.example');
        const { standing, name, sentTo } = host.describe(domid);
        assert.deepEqual({ standing, name, sentTo }, { standing: 'sent', name: AWAY, sentTo: 'far.example' });
        assert.equal(host.find(AWAY)?.sentTo, 'far.example');
        assertRefused('held', () => host.resume(domid, { force: true }));
        assertRefused('held', () => host.destroy(domid));
      });
    });
    host.rename(domid, `${DOMAIN}2`);
    assert.equal(host.describe(domid).standing, 'away');
    assert.equal(host.describe(domid).sentTo, 'far.example');
    assertRefused('sent-away', () => host.resume(domid));
    assertRefused('sent-away', () => host.take(domid, { kind: 'migration' }));
    host.rename(domid, AWAY);
    const { epoch } = host.describe(domid);
    host.resume(domid, { force: true, epoch });
    assert.equal(host.describe(domid).name, DOMAIN);
    assert.equal(host.describe(domid).sentTo, undefined);
    assertRuns(bench, domid);
  }),

  onBusyDomain('its holder takes it back under its own name', (bench, domid) => {
    const { host } = bench;
    withRecording(({ output }) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(output, saving(passes(1)));
        taken.sendAway(AWAY, 'far.example');
        taken.resume();
      });
    });
    assert.equal(host.describe(domid).name, DOMAIN);
    assert.equal(host.describe(domid).standing, 'free');
    assertRuns(bench, domid);
  }),

  onBusyDomain('what was decided on another state of affairs is refused', (bench, domid) => {
    const { host } = bench;
    const before = host.describe(domid).epoch;
    withRecording(({ output }) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(output, saving(passes(1)));
        assertRefused('stale', () => host.destroy(domid, before));
      });
    });
    const suspended = host.describe(domid).epoch;
    assert.notEqual(suspended, before);
    host.resume(domid, { epoch: suspended });
    assertRefused('stale', () => host.rename(domid, `${DOMAIN}2`, suspended));
    assertRefused('stale', () => host.destroy(domid, suspended));
    assertRefused('stale', () => host.take(domid, { kind: 'save', epoch: suspended }));
    assertRuns(bench, domid);
  }),

  onBusyDomain('one that has arrived obeys nobody but its receiver', (bench, domid) => {
    const { host, target } = bench;
    withRecording((recording) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(recording.output, saving(passes(1)));
        const copy = arrived(bench, recording, taken.configuration);
        assert.equal(target.describe(copy.domid).standing, 'incoming');
        assertRefused('arriving', () => target.unpause(copy.domid));
        assertRefused('arriving', () => target.rename(copy.domid, `${DOMAIN}2`));
        assertRefused('arriving', () => target.take(copy.domid, { kind: 'migration' }));
        assertRefused('arriving', () => target.resume(copy.domid));
        assert.equal(target.describe(copy.domid).name, COPY);
        taken.destroy();
        copy.start(DOMAIN);
        // The domain runs, and cannot be moved on before its receiver is done with it.
        assert.equal(target.describe(copy.domid).standing, 'taken');
        assertRefused('held', () => target.take(copy.domid, { kind: 'migration' }));
        assertRefused('held', () => target.rename(copy.domid, `${DOMAIN}2`));
        copy.release();
        assert.equal(target.describe(copy.domid).standing, 'free');
        bench.awaitProgress(target, copy.domid);
      });
    });
  }),

  onBusyDomain('the same domain does not run twice on a host', (bench, domid) => {
    const { host } = bench;
    withRecording((recording) => {
      const configuration = withTaken(host, domid, (taken) => {
        taken.saveTo(recording.output, saving(passes(1)));
        taken.resume();
        return taken.configuration;
      });
      const input = recording.input();
      try {
        const restore = (fromHost: boolean) =>
          host.restoreFrom(input, { configuration, name: COPY, fromHost });
        assertRefused('uuid-taken', () => restore(false));
        assertRefused('uuid-taken', () => restore(true));
      } finally {
        input.close();
      }
    });
    assert.equal(host.find(COPY), undefined);
    assertRuns(bench, domid);
  }),

  onBusyDomain('one that was paused arrives paused, or is not taken', (bench, domid) => {
    const { host } = bench;
    host.pause(domid);
    withRecording((recording) => {
      let taken;
      try {
        taken = host.take(domid, { kind: 'migration' });
      } catch (error) {
        assert.ok(error instanceof HostError && error.code === 'wrong-state', 'refused as wrong-state');
        assertState(host.describe(domid), { paused: true, suspended: false });
        return;
      }
      try {
        taken.saveTo(recording.output, saving(passes(1)));
        const copy = arrived(bench, recording, taken.configuration);
        taken.destroy();
        assert.equal(copy.wasPaused, true);
        copy.start(DOMAIN);
        copy.release();
        assertState(bench.target.describe(copy.domid), { paused: true, suspended: false });
      } finally {
        taken.release();
      }
    });
  }),
];
