import assert from 'node:assert/strict';
import { closeDescriptor, Interrupt, InterruptedError, Output, pipe } from '@mig/posix';
import type { SaveEvent } from '../events.js';
import type { HypervisorCase } from './bench.js';
import {
  arrived,
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

/**
 * Octets of the stream's last record, END. libxl 4.17 reads zeros after the end of a stream, and END is eight
 * zeros: libxl does not notice when it is missing.
 */
const LAST_RECORD = 8;

/** Cases of saving and restoring, and of what is left after either fails. */
export const transferCases: readonly HypervisorCase[] = [
  onBusyDomain('saved, it is suspended with log-dirty off; resumed, it goes on', (bench, domid) => {
    const { host } = bench;
    withRecording(({ output }) => {
      withTaken(host, domid, (taken) => {
        const report = taken.saveTo(output, saving(passes(1)));
        assertState(host.describe(domid), { paused: false, suspended: true });
        assert.notEqual(host.describe(domid).logDirty, true);
        assert.ok(report.octets > 0 && report.octets <= output.octets);
        taken.resume();
      });
    });
    assertRuns(bench, domid);
  }),

  onBusyDomain('the passes are those that the policy asked for, then stop-and-copy', ({ host }, domid) => {
    for (const count of [1, 4]) {
      withRecording(({ output }) => {
        const report = withTaken(host, domid, (taken) => taken.saveTo(output, saving(passes(count))));
        const kinds = report.passes.map(({ kind }) => kind);
        assert.deepEqual(kinds, [...new Array<string>(count).fill('precopy'), 'stop-and-copy']);
        assert.ok(report.passes[0]!.dirtyPages > report.passes.at(-1)!.dirtyPages);
      });
      host.resume(domid);
    }
  }),

  onBusyDomain('not live, it is suspended before anything is sent', ({ host }, domid) => {
    withRecording(({ output }) => {
      let sentBefore: number | undefined;
      const onEvent = ({ kind }: SaveEvent) => {
        if (kind === 'pass-started') sentBefore ??= Number(host.describe(domid).state.suspended);
      };
      const options = saving(passes(1), { live: false, onEvent });
      const report = withTaken(host, domid, (taken) => taken.saveTo(output, options));
      assert.equal(sentBefore, 1);
      assert.deepEqual(
        report.passes.map(({ kind }) => kind),
        ['stop-and-copy'],
      );
    });
  }),

  onBusyDomain(
    'restored, it is paused under the name asked for, and goes on where it was',
    (bench, domid) => {
      const { host, target } = bench;
      withRecording((recording) => {
        withTaken(host, domid, (taken) => {
          taken.saveTo(recording.output, saving(passes(2)));
          const copy = arrived(bench, recording, taken.configuration);
          assertState(target.describe(copy.domid), { paused: true, suspended: false });
          assert.equal(target.describe(copy.domid).name, COPY);
          taken.destroy();
          copy.start(DOMAIN);
          copy.release();
          assert.equal(target.describe(copy.domid).name, DOMAIN);
          bench.awaitProgress(target, copy.domid);
        });
      });
    },
  ),

  onBusyDomain('with a verifying pass it is restored as well', (bench, domid) => {
    withRecording((recording) => {
      withTaken(bench.host, domid, (taken) => {
        const report = taken.saveTo(recording.output, saving(passes(1), { debug: true }));
        assert.equal(report.passes.at(-1)?.kind, 'verify');
        arrived(bench, recording, taken.configuration).destroy();
      });
    });
  }),

  onBusyDomain('with what both hosts have of the extension it is restored as well', (bench, domid) => {
    const { host, target } = bench;
    withRecording((recording) => {
      withTaken(host, domid, (taken) => {
        const own = taken.features ?? new Set();
        const offered = new Set([...(target.features ?? [])].filter((feature) => own.has(feature)));
        taken.saveTo(recording.output, saving(passes(2), { features: () => offered }));
        const copy = arrived(bench, recording, taken.configuration, offered);
        taken.destroy();
        copy.start(DOMAIN);
        copy.release();
        bench.awaitProgress(target, copy.domid);
      });
    });
  }),

  onBusyDomain('when the policy aborts, it keeps running', (bench, domid) => {
    withRecording(({ output }) => {
      const reason = { code: 'case', sentence: 'enough' };
      const policy = () => ({ decision: 'abort', reason }) as const;
      withTaken(bench.host, domid, (taken) => {
        assert.throws(() => taken.saveTo(output, saving(policy)));
      });
    });
    assertRuns(bench, domid);
  }),

  onBusyDomain('when nobody reads, it keeps running', (bench, domid) => {
    const { readEnd, writeEnd } = pipe();
    closeDescriptor(readEnd);
    const output = new Output(writeEnd, { subject: 'a stream that nobody reads' });
    try {
      withTaken(bench.host, domid, (taken) => {
        assert.throws(() => taken.saveTo(output, saving(passes(1))));
      });
    } finally {
      output.close();
    }
    assertRuns(bench, domid);
  }),

  onBusyDomain('interrupted in precopy, it keeps running', (bench, domid) => {
    const interrupt = Interrupt.create();
    try {
      withRecording(({ output }) => {
        output.interrupt = interrupt;
        const onEvent = ({ kind }: SaveEvent) => {
          if (kind === 'pass-started') interrupt.raise('SIGINT');
        };
        withTaken(bench.host, domid, (taken) => {
          assert.throws(() => taken.saveTo(output, saving(passes(2), { onEvent })), InterruptedError);
        });
      });
    } finally {
      interrupt.close();
    }
    assertRuns(bench, domid);
  }),

  onBusyDomain('of a stream that ends too early nothing is left', ({ host, target }, domid) => {
    const configuration = host.configuration(domid);
    withRecording((whole) => {
      withTaken(host, domid, (taken) => {
        taken.saveTo(whole.output, saving(passes(1)));
        for (const length of [0, 10, 40, 100_000, whole.output.octets - LAST_RECORD - 4]) {
          const before = target.list().length;
          const input = whole.input(length);
          const options = { configuration, name: COPY, fromHost: true };
          assert.throws(() => target.restoreFrom(input, options), `cut at ${length}`);
          input.close();
          assert.equal(target.find(COPY), undefined, `cut at ${length}`);
          assert.equal(target.list().length, before, `cut at ${length}`);
        }
      });
    });
    assert.equal(host.find(DOMAIN)?.domid, domid);
  }),
];
