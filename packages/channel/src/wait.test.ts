import { Worker } from 'node:worker_threads';
import { describe, expect, test } from 'vitest';
import { InterruptedError, TimeoutError } from './errors.js';
import { failure } from './failure.test-support.js';
import { MemoryInterrupt } from './interrupt.js';
import { deadlineIn, NO_TIMEOUT, pause, waitUntil } from './wait.js';

const never = () => false;
const instantly = { what: 'nothing came', milliseconds: 1 };

describe('a wait', () => {
  test('is over when what it is for has happened, also where its time is over', () => {
    waitUntil(() => true, { timeout: { what: '', milliseconds: 0 } });
  });

  test('ends after its timeout, or at its deadline where that is sooner', () => {
    expect(failure(() => waitUntil(never, { timeout: instantly }))).toEqual(
      new TimeoutError('nothing came', 1),
    );
    const deadline = deadlineIn(2, 'no message');
    expect(failure(() => waitUntil(never, { timeout: NO_TIMEOUT, deadline }))).toEqual(
      new TimeoutError('no message', 2),
    );
  });

  test('is never longer than what is left of it', () => {
    const asked: number[] = [];
    const happens = (milliseconds: number) => asked.push(milliseconds) === 2;
    waitUntil(happens, { timeout: { what: '', milliseconds: 5000 }, whileWaiting: () => undefined });
    expect(asked[0]).toBeLessThanOrEqual(100);
    expect(asked[0]).toBeGreaterThan(0);
  });

  test('is interrupted, even if what it is for has happened', () => {
    const interrupt = new MemoryInterrupt();
    interrupt.raise('operator');
    expect(failure(() => waitUntil(() => true, { timeout: NO_TIMEOUT, interrupt }))).toEqual(
      new InterruptedError('operator'),
    );
  });

  test('is ended by what its looks throw', () => {
    const whileWaiting = () => {
      throw new Error('seen enough');
    };
    const waiting = { timeout: NO_TIMEOUT, whileWaiting, lookInterval: 1 };
    expect(failure(() => waitUntil(never, waiting)).message).toBe('seen enough');
  });
});

describe('a pause', () => {
  test('lasts', () => {
    const began = performance.now();
    pause(20);
    expect(performance.now() - began).toBeGreaterThanOrEqual(20);
  });

  test('is ended by an interrupt that is raised, and by one that another thread raises', async () => {
    const interrupt = new MemoryInterrupt();
    const worker = new Worker(
      `const { workerData: word } = require('node:worker_threads');
       Atomics.store(word, 0, 1);
       Atomics.notify(word, 0);`,
      { eval: true, workerData: interrupt.word },
    );
    expect(failure(() => pause(60_000, { interrupt }))).toEqual(new InterruptedError('SIGINT'));
    expect(failure(() => pause(60_000, { interrupt }))).toBeInstanceOf(InterruptedError);
    await worker.terminate();
  });
});
