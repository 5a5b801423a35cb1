import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostError, type SaveEvent } from '@mig/hypervisor';
import { type Timeout, TimeoutError } from '@mig/posix';
import type { SilentHelper } from './silent-helper.js';
import { STANDS_STILL, StockSave } from './stock-save.js';

const timeout = { what: 'the target took no bytes', milliseconds: 5000 };
const PAGES = 24576;
const MiB = 1 << 20;

const clock = { now: 1e6 };
let guest: { suspended: boolean; resumed: boolean };
let helper: { written: number; timeout: Timeout[] };
/** The events, and when the host has noted that the guest is suspended. */
let heard: (SaveEvent | { kind: 'noted' })[];
beforeEach(() => {
  vi.spyOn(performance, 'now').mockImplementation(() => clock.now);
  guest = { suspended: false, resumed: false };
  helper = { written: 0, timeout: [] };
  heard = [];
});
afterEach(() => {
  vi.restoreAllMocks();
});

function begin({ live = true, stopAndCopyTimeout = undefined as number | undefined } = {}): StockSave {
  const domain = {
    ...{ hvm: false, pages: PAGES, hasSuspended: () => guest.suspended },
    suspended: () => {
      heard.push({ kind: 'noted' });
      if (guest.resumed) throw new HostError('stale', 'busy was resumed by another command meanwhile');
    },
  };
  const onEvent = (event: SaveEvent) => heard.push(event);
  const silent = {
    get written() {
      return helper.written;
    },
    checkMoves: (within: Timeout) => helper.timeout.push(within),
  } as unknown as SilentHelper;
  return new StockSave(domain, { live, stopAndCopyTimeout, onEvent }, timeout, silent);
}

describe('a save by a helper that says nothing', () => {
  test('sees the guest suspend, and what is sent of it', () => {
    const save = begin();
    expect(heard.splice(0)).toEqual([{ kind: 'precopy-ended', reason: STANDS_STILL }]);
    expect(save.look()).toBe(10);
    expect(heard).toEqual([]);
    clock.now += 150;
    guest.suspended = true;
    save.look();
    const pass = { kind: 'stop-and-copy', iteration: 0, dirtyPages: PAGES };
    const progress = (pagesDone: number) => ({
      kind: 'pass-progress',
      pass: { iteration: 0, dirtyPages: PAGES, pagesDone },
    });
    // The host before anybody else.
    expect(heard.splice(0)).toEqual([
      { kind: 'noted' },
      { kind: 'suspended' },
      { kind: 'pass-started', pass },
      progress(0),
    ]);
    clock.now += 300;
    expect(save.look()).toBe(100);
    expect(heard.splice(0)).toEqual([progress(0)]);
    helper.written = 4104 * 2000;
    expect(save.look()).toBe(100);
    expect(heard.splice(0)).toEqual([progress(2000)]);
    clock.now += 1000;
    helper.written = 97 * MiB;
    // The time in which the target took nothing is not counted.
    const finished = { ...pass, sentPages: PAGES, octets: 97 * MiB, milliseconds: 1000 };
    expect(save.complete()).toEqual({
      ...{ passes: [finished], precopyEnd: STANDS_STILL, octets: 97 * MiB, milliseconds: 1450 },
      ...{ suspendRequestedAt: clock.now - 1450, suspendMilliseconds: 150, lineRate: PAGES },
    });
    expect(heard).toEqual([{ kind: 'pass-finished', pass: finished }]);
  });

  test('has no precopy that could end where none was asked for', () => {
    begin({ live: false });
    expect(heard).toEqual([]);
  });

  test('gives the stream its timeout, and the guest that of libxl as well', () => {
    const save = begin();
    save.look();
    guest.suspended = true;
    save.look();
    expect(helper.timeout).toEqual([{ ...timeout, milliseconds: 65_000 }, timeout]);
  });

  test.each([
    ['as was said', 10_000, 10_000],
    ['as its size has it', undefined, 60_000 + 101_000],
  ])('ends where all of it takes too long, %s', (_, stopAndCopyTimeout, limit) => {
    const save = begin({ stopAndCopyTimeout });
    guest.suspended = true;
    save.look();
    clock.now += limit - 1;
    save.look();
    clock.now += 1;
    expect(() => save.look()).toThrow(
      new TimeoutError('the rest of the suspended domain was not taken', limit),
    );
  });

  test('that was quicker than a look takes note at its end', () => {
    const save = begin();
    guest.suspended = true;
    save.complete();
    expect(heard.map(({ kind }) => kind)).toEqual([
      ...['precopy-ended', 'noted', 'suspended', 'pass-started', 'pass-finished'],
    ]);
  });

  test('ends where another command has resumed the guest, also between two looks', () => {
    guest.resumed = true;
    expect(() => begin().complete()).toThrow('was resumed by another command meanwhile');
    guest.suspended = true;
    expect(() => begin().look()).toThrow('was resumed by another command meanwhile');
    expect(heard.map(({ kind }) => kind)).not.toContain('suspended');
  });

  test('that fails takes note of a guest that has suspended since the last look, once', () => {
    const save = begin();
    save.failed();
    guest.suspended = true;
    save.failed();
    save.failed();
    expect(heard.filter(({ kind }) => kind === 'noted')).toHaveLength(1);
    guest.resumed = true;
    expect(() => begin().failed()).not.toThrow();
  });
});
