import { afterEach, beforeEach, expect, test } from 'vitest';
import { ModelHost } from '@mig/hypervisor/model';
import { Interrupt, InterruptedError } from '@mig/posix';
import { measure } from './measure-task.js';

let interrupt: Interrupt;
beforeEach(() => {
  interrupt = Interrupt.create();
});
afterEach(() => interrupt.close());

function build() {
  const host = new ModelHost();
  return { host, task: { kind: 'measure', domid: host.add('busy'), period: 60_000 } as const };
}

test('measures for the period, and what was written before does not count', () => {
  const { host, task } = build();
  host.written.add(3);
  const sample = measure(host, { ...task, period: 200 }, interrupt);
  expect(sample.readings).toBeGreaterThan(0);
  expect(sample.points.at(-1)!.pages).toBe(0);
  expect(host.describe(task.domid).logDirty).toBe(false);
});

test('what interrupts it ends it with the log off', () => {
  const { host, task } = build();
  interrupt.raise('SIGINT');
  expect(() => measure(host, task, interrupt)).toThrow(InterruptedError);
  expect(host.calls).toEqual(['withDirtyLog 1']);
  expect(host.describe(task.domid).logDirty).toBe(false);
});

test('a domain that crashed is refused', () => {
  const { host, task } = build();
  host.crash(task.domid);
  expect(() => measure(host, task, interrupt)).toThrow(expect.objectContaining({ code: 'wrong-state' }));
});
