import { describe, expect, test } from 'vitest';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { SettingOptions } from '../options/setting-options.js';
import { predictPause, refuseUnsupported, type KnownRoute } from './stop-and-copy.js';

const WHY = 'is a PV domain';

function refusal(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
  }
  throw new Error('it was not refused');
}

describe('options', () => {
  test.each<[string, SettingOptions & { debug?: true; traceBitmaps?: true }]>([
    ['--precopy-iterations', { precopyIterations: 5 }],
    ['--precopy-threshold', { precopyThreshold: 0 }],
    ['--timeout', { timeout: 1000 }],
    ['--timeout-action', { timeoutAction: 'abort' }],
    ['--abort-if-busy', { abortIfBusy: true }],
    ['--policy', { policy: 'own.mjs' }],
    ['--bandwidth', { bandwidth: 1e6, bandwidthAlways: true, maxDowntime: 5 }],
    ['--debug', { debug: true }],
    ['--trace-bitmaps', { traceBitmaps: true }],
  ])('%s has no say', (option, options) => {
    const { message, status } = refusal(() => refuseUnsupported('g1', WHY, options));
    expect(message).toMatch(new RegExp(`^${option} has no say here: g1 is a PV domain\\.`));
    expect(status).toBe(ExitStatus.usage);
  });

  test.each<SettingOptions>([
    {},
    { precopyIterations: 0 },
    { maxDowntime: 300 },
    { maxDowntime: 300, abortIfBusy: true },
  ])('%j is kept', (options) => {
    expect(() => refuseUnsupported('g1', WHY, options)).not.toThrow();
  });
});

describe('the pause', () => {
  const domain = { name: 'g1', memory: 1024 };
  const unknown: KnownRoute = {
    ...{ where: 'host2', lineRate: undefined },
    suspend: { milliseconds: 500, isMeasured: false },
  };
  const known: KnownRoute = {
    ...{ where: 'host2', lineRate: 262144 },
    suspend: { milliseconds: 1200, isMeasured: true },
  };

  test('rests on what was measured on the route, and says what is assumed', () => {
    expect(predictPause(domain, WHY, unknown, undefined)).toBe(
      'g1 is a PV domain: it moves as stop-and-copy, and stands still for about 9.11 s ' +
        '(1.0 GiB at 119.2 MiB/s to host2, which is assumed; 500 ms for the suspend itself, which is assumed)',
    );
    // A GiB in a second.
    expect(predictPause(domain, WHY, known, 2300)).toMatch(
      /stands still for about 2\.20 s \(.*to host2, as measured before; 1\.20 s .*, as measured before\)$/,
    );
  });

  test('that is longer than the operator wants keeps the domain here', () => {
    const { message, status } = refusal(() => predictPause(domain, WHY, known, 2100));
    expect(message).toMatch(
      /^g1 is a PV domain: it would stand still for about 2\.20 s .* 2100 ms at most\./,
    );
    expect(status).toBe(ExitStatus.busy);
  });
});
