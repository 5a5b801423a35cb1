import { describe, expect, test } from 'vitest';
import type { Standing } from '@mig/protocol/handshake';
import type { DomainRecord } from './domain-record.js';
import { type HelperAtWork, type Observed, standingOf } from './domain-standing.js';
import type { Liveness } from './holder.js';

const CPU = 7e6;
const EPOCH = 10;
/** Added to an epoch for a suspend that mig did not make: one, and the milliseconds of processor time. */
const FOREIGN = 1 + CPU / 1e6;

const states: Record<string, Partial<Observed>> = {
  runs: {},
  paused: { paused: true },
  suspended: { suspended: true },
  'suspended, our pause': { suspended: true, paused: true },
  crashed: { crashed: true },
};

function observed(state: string, name = 'busy'): Observed {
  const still = { name, uuid: 'u', paused: false, suspended: false, crashed: false, cpuNanoseconds: CPU };
  return { ...still, ...states[state] };
}

const process = { pid: 1, startTime: 2, bootId: 'b', pidNamespace: 'n' };

function record(standing: Standing, more: Partial<DomainRecord> = {}): DomainRecord {
  const hold = { id: 'h', purpose: 'migration', to: 'far', process } as const;
  return { standing, epoch: EPOCH, uuid: 'u', ownName: 'busy', hold, pause: true, sentTo: 'far', ...more };
}

function found(state: string, what?: DomainRecord, holder: Liveness = 'alive', helper?: HelperAtWork) {
  const { standing, epoch } = standingOf(
    observed(state),
    what && { record: what, holder, ending: 'dead' },
    helper,
  );
  return [standing, epoch];
}

describe('without a record', () => {
  const saver: HelperAtWork = { pid: 5, mode: 'save' };
  const restorer: HelperAtWork = { pid: 5, mode: 'restore' };

  test.each<[string, HelperAtWork | undefined, Standing, number]>([
    ['runs', undefined, 'free', 0],
    ['paused', undefined, 'free', 0],
    ['crashed', undefined, 'free', 0],
    ['suspended', undefined, 'abandoned', FOREIGN],
    ['runs', saver, 'taken', 0],
    ['suspended', saver, 'suspended', FOREIGN],
    ['paused', restorer, 'incoming', 0],
  ])('%s, %o: %s', (state, helper, standing, epoch) => {
    expect(found(state, undefined, undefined, helper)).toEqual([standing, epoch]);
  });

  test("stock xl's name for one that was sent away says so, once it is suspended", () => {
    const name = 'busy--migratedaway';
    expect(standingOf(observed('suspended', name), undefined, undefined).standing).toBe('away');
    expect(standingOf(observed('runs', name), undefined, undefined).standing).toBe('free');
  });

  test('one suspend is told from the next by the processor time', () => {
    const later = { ...observed('suspended'), cpuNanoseconds: CPU + 2e6 };
    expect(standingOf(later, undefined, undefined).epoch).toBe(FOREIGN + 2);
  });
});

describe('what Xen says counts before what was written', () => {
  test.each<[Standing, Liveness, string, Standing, number]>([
    ['free', 'dead', 'runs', 'free', EPOCH],
    ['free', 'dead', 'suspended', 'abandoned', EPOCH + FOREIGN],
    ['taken', 'alive', 'runs', 'taken', EPOCH],
    ['taken', 'unknown', 'runs', 'taken', EPOCH],
    ['taken', 'alive', 'suspended', 'suspended', EPOCH + 1],
    ['taken', 'dead', 'runs', 'free', EPOCH],
    ['taken', 'dead', 'suspended', 'abandoned', EPOCH + FOREIGN],
    ['suspended', 'alive', 'suspended, our pause', 'suspended', EPOCH],
    ['suspended', 'alive', 'runs', 'taken', EPOCH + 1],
    ['suspended', 'alive', 'paused', 'taken', EPOCH + 1],
    ['suspended', 'unknown', 'suspended', 'suspended', EPOCH],
    ['suspended', 'dead', 'suspended', 'abandoned', EPOCH],
    ['suspended', 'dead', 'paused', 'abandoned', EPOCH],
    ['suspended', 'dead', 'runs', 'free', EPOCH + 1],
    ['abandoned', 'dead', 'suspended', 'abandoned', EPOCH],
    ['abandoned', 'dead', 'runs', 'free', EPOCH + 1],
    ['sent', 'alive', 'suspended, our pause', 'sent', EPOCH],
    ['sent', 'alive', 'paused', 'sent', EPOCH],
    ['sent', 'alive', 'runs', 'sent', EPOCH],
    ['sent', 'unknown', 'suspended', 'sent', EPOCH],
    ['sent', 'dead', 'suspended', 'away', EPOCH + 1],
    ['sent', 'dead', 'paused', 'away', EPOCH + 1],
    ['sent', 'dead', 'crashed', 'away', EPOCH + 1],
    ['sent', 'dead', 'runs', 'free', EPOCH + 2],
    ['incoming', 'alive', 'paused', 'incoming', EPOCH],
    ['incoming', 'alive', 'runs', 'incoming', EPOCH],
    ['incoming', 'unknown', 'runs', 'incoming', EPOCH],
    ['incoming', 'dead', 'paused', 'incoming', EPOCH],
    ['incoming', 'dead', 'runs', 'free', EPOCH + 1],
  ])('%s, its holder %s, and %s: %s', (standing, holder, state, now, epoch) => {
    expect(found(state, record(standing), holder)).toEqual([now, epoch]);
  });

  test('one that ran since it was abandoned was suspended by another', () => {
    const abandoned = record('abandoned', { cpuNanoseconds: CPU - 1e6 });
    expect(found('suspended', abandoned, 'dead')).toEqual(['abandoned', EPOCH + 1 + FOREIGN]);
    expect(found('runs', abandoned, 'dead')).toEqual(['free', EPOCH + 1]);
  });

  test("a dead mig's helper that is still at work holds it", () => {
    const helper = { pid: 5, mode: 'save' } as const;
    expect(found('runs', record('taken'), 'dead', helper)).toEqual(['taken', EPOCH]);
    expect(found('runs', record('taken'), 'alive', helper)).toEqual(['taken', EPOCH]);
  });
});

test('who holds it, where it was sent and whose pause it is are told only while they hold', () => {
  const of = (standing: Standing, state: string) =>
    standingOf(observed(state), { record: record(standing), holder: 'alive', ending: 'unknown' }, undefined);
  expect(of('sent', 'suspended, our pause')).toMatchObject({ sentTo: 'far', pause: true, ending: true });
  expect(of('sent', 'suspended, our pause').hold?.process.pid).toBe(1);
  expect(of('taken', 'runs')).toMatchObject({ sentTo: undefined, pause: false });
  expect(of('free', 'runs').hold).toBeUndefined();
});
