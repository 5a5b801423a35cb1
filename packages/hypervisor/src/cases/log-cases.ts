import assert from 'node:assert/strict';
import { pause } from '@mig/posix';
import type { SaveEvent } from '../events.js';
import type { DirtyLog } from '../host.js';
import type { HypervisorCase } from './bench.js';
import {
  assertRefused,
  assertRuns,
  onBusyDomain,
  passes,
  saving,
  withRecording,
  withTaken,
} from './stage.js';

/** Cases of logging a domain's writes without moving it. */
export const logCases: readonly HypervisorCase[] = [
  onBusyDomain('its writes are logged while it runs, and no longer than asked for', (bench, domid) => {
    const { host } = bench;
    const written = host.withDirtyLog(domid, (log) => {
      assert.notEqual(host.describe(domid).logDirty, false);
      return untilWritten(log);
    });
    assert.equal(typeof written, 'number');
    assertRuns(bench, domid);
    // The second measurement works, too: nothing of the first is left.
    host.withDirtyLog(domid, untilWritten);
    assertRuns(bench, domid);
  }),

  onBusyDomain('where the measurement fails, the log is off and the domain runs', (bench, domid) => {
    const failure = new Error('measured enough');
    const fail = () => {
      throw failure;
    };
    assert.throws(
      () => bench.host.withDirtyLog(domid, fail),
      (error) => error === failure,
    );
    assertRuns(bench, domid);
    bench.host.withDirtyLog(domid, untilWritten);
  }),

  onBusyDomain('its writes are logged once at a time', (bench, domid) => {
    const { host } = bench;
    host.withDirtyLog(domid, (log) => {
      assertRefused('held', () => host.withDirtyLog(domid, () => undefined));
      // The refusal has not turned the log off.
      untilWritten(log);
    });
    assertRuns(bench, domid);
  }),

  onBusyDomain(
    'while it is saved live its log is not to be had, and the save loses nothing',
    (bench, domid) => {
      const { host } = bench;
      withRecording(({ output }) => {
        let asked = 0;
        const onEvent = (event: SaveEvent) => {
          if (event.kind !== 'pass-started' || event.pass.kind !== 'precopy' || asked++ > 0) return;
          assertRefused('held', () => host.withDirtyLog(domid, () => undefined));
        };
        withTaken(host, domid, (taken) => {
          const report = taken.saveTo(output, saving(passes(2), { onEvent }));
          assert.equal(asked, 2);
          assert.ok(report.passes[1]!.dirtyPages > 0, 'the log was on all along');
        });
      });
      assertRefused('wrong-state', () => host.withDirtyLog(domid, () => undefined));
      host.resume(domid);
      assertRuns(bench, domid);
    },
  ),

  onBusyDomain('one that is not there is refused', ({ host }, domid) => {
    host.destroy(domid);
    assertRefused('no-such-domain', () => host.withDirtyLog(domid, () => undefined));
  }),
];

/** Milliseconds within which a busy guest must write something. */
const TIMEOUT = 60_000;

/**
 * Reads the log until the guest has written; throws if it writes nothing.
 * @returns the number of pages written, at least one, each counted once
 */
function untilWritten(log: DirtyLog): number {
  const bitmap = new Uint32Array(Math.ceil(log.pageCount / 32));
  const deadline = performance.now() + TIMEOUT;
  for (;;) {
    const written = log.cleanLogDirty(bitmap);
    if (written > 0) {
      assert.ok(written <= log.pageCount);
      assert.ok(bitmap.some((word) => word !== 0));
      return written;
    }
    assert.ok(performance.now() < deadline, 'a busy guest has written nothing');
    pause(10);
  }
}
