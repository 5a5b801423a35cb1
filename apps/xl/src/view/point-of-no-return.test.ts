import { expect, test } from 'vitest';
import type { SourceState } from '@mig/protocol/handshake';
import { PointOfNoReturn } from './point-of-no-return.js';
import type { View } from './view.js';

function at(states: SourceState[]): { point: PointOfNoReturn; notes: string[] } {
  const notes: string[] = [];
  const view: View = {
    event: () => undefined,
    note: (text) => notes.push(text),
    complete: () => undefined,
    failed: () => undefined,
    refused: () => undefined,
  };
  const point = new PointOfNoReturn(view, { line: (text) => notes.push(text) }, 'busy', 'host2');
  for (const state of states) point.event({ kind: 'source-state', state });
  return { point, notes };
}

test('before permission every signal stops', () => {
  const { point, notes } = at(['awaiting-banner', 'precopy', 'suspending', 'stop-and-copy', 'renaming-away']);
  expect([point.signal(), point.signal()]).toEqual(['stop', 'stop']);
  expect(notes[0]).toBe('stopping: busy stays here');
});

test('after it the first waits and says for what, the second leaves', () => {
  const { point, notes } = at(['giving-permission', 'awaiting-report']);
  expect([point.signal(), point.signal()]).toEqual(['wait', 'abandon']);
  expect(notes).toEqual([expect.stringMatching(/^host2 has permission to run busy: waiting for its report/)]);
});

test('one that came too early to stop does not count as the first', () => {
  const { point } = at(['renaming-away']);
  expect(point.signal()).toBe('stop');
  point.event({ kind: 'source-state', state: 'awaiting-report' });
  expect([point.signal(), point.signal()]).toEqual(['wait', 'abandon']);
});
