import { expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { DOMID, FakeControl, pageOf } from './fake-control.test-support.js';
import { type LoggingControl, withXenDirtyLog } from './xen-dirty-log.js';

const PAGES = 100;

class LoggedDomain extends FakeControl implements LoggingControl {
  /** Whether a save helper works on it. */
  migrating = false;

  withLog<T>(use: Parameters<typeof withXenDirtyLog<T>>[3]): T {
    return withXenDirtyLog(this, DOMID, () => this.migrating, use);
  }
}

function refused(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof HostError && error.code === 'held') return error.message;
    throw error;
  }
  throw new Error('it was not refused');
}

test('what the guest writes is read, and the log is off afterwards', () => {
  const domain = new LoggedDomain(PAGES);
  // Pages that come in only now would not be logged.
  for (const pfn of [3, 64]) domain.write(pfn, pageOf(0));
  const bitmap = Uint32Array.of(1, 0, 0, 0);
  const counts = domain.withLog((log) => {
    expect(log.pageCount).toBe(PAGES);
    for (const pfn of [3, 64, 3]) domain.write(pfn, pageOf(pfn));
    return [log.cleanLogDirty(bitmap), log.cleanLogDirty(bitmap)];
  });
  expect(counts).toEqual([2, 0]);
  expect([...bitmap]).toEqual([0b1001, 0, 1, 0]);
  expect(domain.logsDirty).toBe(false);
  expect(domain.leftovers).toEqual([]);
});

test('a log that is on already is left on', () => {
  const domain = new LoggedDomain(PAGES);
  domain.logsDirty = true;
  expect(refused(() => domain.withLog(() => undefined))).toMatch('being logged already');
  expect(domain.logsDirty).toBe(true);
  expect(domain.leftovers).toEqual([]);
});

test('while it is being migrated its log is not touched', () => {
  const domain = new LoggedDomain(PAGES);
  domain.migrating = true;
  expect(refused(() => domain.withLog(() => undefined))).toMatch('is being migrated');
  expect(domain.calls).toEqual([]);
});

test('a migration that begins meanwhile has the log for itself', () => {
  const domain = new LoggedDomain(PAGES);
  const bitmap = new Uint32Array(4);
  const said = refused(() =>
    domain.withLog((log) => {
      log.cleanLogDirty(bitmap);
      domain.migrating = true;
      domain.write(5, pageOf(5));
      log.cleanLogDirty(bitmap);
    }),
  );
  expect(said).toMatch('has begun to be migrated');
  expect([...bitmap]).toEqual([0, 0, 0, 0]);
  expect(domain.logsDirty).toBe(true);
  expect(domain.calls.filter((call) => /^(cleanLogDirty|disableLogDirty)/.test(call))).toEqual([
    'cleanLogDirty live',
  ]);
  expect(domain.leftovers).toEqual([]);
});

test('whichever call fails, nothing is left', () => {
  const all = new LoggedDomain(PAGES);
  const measure = (domain: LoggedDomain) => domain.withLog((log) => log.cleanLogDirty(new Uint32Array(4)));
  measure(all);
  expect(all.calls.at(-1)).toBe('disableLogDirty');
  for (let failing = 0; failing < all.calls.length - 1; failing++) {
    const domain = new LoggedDomain(PAGES);
    domain.failing = failing;
    expect(() => measure(domain), all.calls[failing]).toThrow(all.calls[failing]);
    expect(domain.logsDirty, all.calls[failing]).toBe(false);
    expect(domain.leftovers, all.calls[failing]).toEqual([]);
  }
});
