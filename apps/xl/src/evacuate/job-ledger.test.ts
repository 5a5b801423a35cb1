import { type DomainFigures, type Run, type RunDomain, waiting } from '@mig/fleet';
import { expect, test, vi } from 'vitest';
import type { Engine, HostJobs } from './bullmq.js';
import type { Controller } from './controller.js';
import { JobLedger } from './job-ledger.js';
import type { Journal, Wanted } from './journal.js';

const domain = (name: string): RunDomain => waiting({ uuid: name, name, memory: 1, vcpus: 1, priority: 0 });

/** Makes a ledger of a run, with an engine and jobs that a test plays. */
async function opened(store: (domain: RunDomain) => Promise<boolean>, ...domains: RunDomain[]) {
  const evacuation = { run: { id: 'run', domains } as unknown as Run, downtimes: { a: 5 } };
  const drop = vi.fn<(uuid: string) => void>();
  const told: { wanted: Wanted | undefined; failure?: Error } = { wanted: 'pause' };
  const putBack = vi.fn<(run: string, uuid: string) => Promise<void>>(() => Promise.resolve());
  const stored = vi.fn((_run: string, each: RunDomain, _figures: DomainFigures) => store(each));
  const look = vi.fn(() => (told.failure ? Promise.reject(told.failure) : Promise.resolve(told.wanted)));
  const ledger = new JobLedger(
    { wanted: look } as unknown as Engine,
    { store: stored, putBack } as unknown as HostJobs,
    { prepare: (id: string) => `folder of ${id}` } as unknown as Journal,
    { host: 'host', id: 'run' },
  );
  await ledger.open({ evacuation, drop } as unknown as Controller);
  return { ledger, drop, putBack, stored, told, evacuation, look };
}

test('an order is known before a controller begins, and soon after it changes', async () => {
  const { ledger, told } = await opened(() => Promise.resolve(true));
  expect(ledger.wanted()).toBe('pause');
  told.wanted = 'abort';
  await vi.waitFor(() => expect(ledger.wanted()).toBe('abort'), 60_000);
  ledger.close();
});

test('an order is obeyed after looks that the server has refused', async () => {
  const { ledger, told, look } = await opened(() => Promise.resolve(true));
  told.failure = new Error('BUSY Redis is busy running a script');
  await vi.waitFor(() => expect(look.mock.calls.length).toBeGreaterThan(1), 60_000);
  told.wanted = 'abort';
  delete told.failure;
  await vi.waitFor(() => expect(ledger.wanted()).toBe('abort'), 60_000);
  ledger.close();
});

test('domains are written in turn, as they are by then', async () => {
  let release = (): void => undefined;
  const held = new Promise<boolean>((resolve) => (release = () => resolve(true)));
  const { ledger, stored, evacuation } = await opened(() => held, domain('a'));
  const first = ledger.write();
  const second = ledger.write();
  await vi.waitFor(() => expect(stored).toHaveBeenCalledTimes(1));
  const moved = { ...domain('a'), state: 'moved' } as const;
  evacuation.run = { ...evacuation.run, domains: [moved] };
  release();
  await Promise.all([first, second]);
  expect(stored.mock.calls.map(([, each]) => each.state)).toEqual(['waiting', 'moved']);
  expect(stored.mock.calls[0]?.[2]).toEqual({ downtimeMilliseconds: 5 });
  ledger.close();
});

test('one whose job is not in hand is taken out of the run, unless it is decided', async () => {
  const moving = { ...domain('b'), state: 'moving' } as const;
  const moved = { ...domain('c'), state: 'moved' } as const;
  const { ledger, drop } = await opened(() => Promise.resolve(false), domain('a'), moving, moved);
  await ledger.write();
  expect(drop.mock.calls).toEqual([['a'], ['b']]);
  ledger.close();
});

test('a run that the server has lost begins nothing more, and what moves goes on', async () => {
  const moving = { ...domain('b'), state: 'moving' } as const;
  const { ledger, drop, putBack, told } = await opened(() => Promise.resolve(true), domain('a'), moving);
  told.wanted = undefined;
  await vi.waitFor(() => expect(putBack).toHaveBeenCalledWith('run', 'a'), 60_000);
  expect(drop.mock.calls[0]).toEqual(['a']);
  expect(drop).not.toHaveBeenCalledWith('b');
  expect(ledger.wanted()).toBe('pause');
  ledger.close();
});

test('a write that fails fails all that follow: nothing more may begin', async () => {
  const { ledger } = await opened(() => Promise.reject(new Error('no memory')), domain('a'));
  ledger.writeSoon();
  await expect(ledger.write()).rejects.toThrow('no memory');
  ledger.close();
});

test('after the end nothing is written', async () => {
  const { ledger, stored } = await opened(() => Promise.resolve(true), domain('a'));
  ledger.close();
  await ledger.write();
  expect(stored).not.toHaveBeenCalled();
});
