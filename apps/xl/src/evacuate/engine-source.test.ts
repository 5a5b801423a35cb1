import { expect, test, vi } from 'vitest';
import { createContext } from '../host/context.js';
import { domain as domainOf, runOf } from '../run-page/view.test-support.js';
import type { Engine, OrderEnd } from './bullmq.js';
import { UNREADABLE } from './engine.js';
import { EngineSource } from './engine-source.js';
import type { Wanted } from './journal.js';

/** Looks at an engine that a test plays, from where there is no host. */
async function opened(more: object = {}, isUnreadable = false) {
  const run = runOf([domainOf('a')]);
  const stored = { name: 'source', asked: '', names: [], cordoned: true, downtimes: {}, run };
  const want = vi.fn(() => Promise.resolve<OrderEnd>('taken'));
  const engine = {
    isConnected: true,
    last: () => Promise.resolve({ stored, ended: undefined, isUnreadable }),
    wanted: () => Promise.resolve<Wanted>('go'),
    hasWorker: () => Promise.resolve<boolean | undefined>(true),
    want,
    ...more,
  };
  const context = createContext({ openHost: () => Promise.reject(new Error('no rights')) });
  const source = await EngineSource.open(context, engine as unknown as Engine, 'source', 'ssh');
  return { source, engine, want, id: run.id };
}

test('a run is seen where there is no host, with what is wrong with it', async () => {
  const { source } = await opened({ hasWorker: () => Promise.resolve(undefined) }, true);
  const seen = await source.look();
  expect(seen).toMatchObject({ wanted: 'go', isControlled: true, note: UNREADABLE });
  expect(await source.statuses(seen)).toEqual(new Map());
});

test('an order is passed on, and told what it waits for', async () => {
  const { source, want, id } = await opened({ hasWorker: () => Promise.resolve(false) });
  expect(await source.obey(id, 'abort')).toEqual({
    isTaken: true,
    message: 'The run is aborted: what is still here stays. Once a worker of source is there.',
  });
  expect(want.mock.calls).toEqual([['source', id, 'abort']]);
});

test.for([
  ['another run', {}, 'other', 'pause', /^Another run has begun since/],
  [
    'what is so already',
    { wanted: () => Promise.resolve('pause') },
    '',
    'pause',
    /^The run is paused already/,
  ],
  [
    'a pause after an abort',
    { want: () => Promise.resolve('is-aborted') },
    '',
    'pause',
    /^The run is being aborted/,
  ],
  ['a run that was lost', { want: () => Promise.resolve('no-run') }, '', 'pause', /^The engine has lost run/],
] as const)('an order is refused: %s', async ([, more, run, order, words]) => {
  const { source, id } = await opened(more);
  expect(await source.obey(run || id, order)).toEqual({
    isTaken: false,
    message: expect.stringMatching(words) as string,
  });
});

test('an engine that is lost is asked for nothing, which it would do later', async () => {
  const { source, want, id } = await opened({ isConnected: false });
  await expect(source.look()).rejects.toThrow('the engine does not answer');
  expect(await source.obey(id, 'abort')).toEqual({
    isTaken: false,
    message: expect.stringMatching(/^The order was not given: the engine does not answer/) as string,
  });
  expect(want).not.toHaveBeenCalled();
});

test('an engine that does not answer may take an order all the same', async () => {
  const { source, id } = await opened({ want: () => new Promise(() => undefined) });
  expect(await source.obey(id, 'abort')).toEqual({
    isTaken: false,
    message: 'The engine does not answer: it may take the order once it does.',
  });
}, 60_000);
