import { beforeEach, expect, test } from 'vitest';
import type { IncomingPass, ReceiveEvent } from '@mig/hypervisor';
import { Log } from '../output/log.js';
import { ArrivalLines } from './arrival-lines.js';

let text: string;
let waiting: number;
let now: number;
beforeEach(() => {
  text = '';
  waiting = 0;
  now = 1e6;
});

function lines(verbose: boolean): ArrivalLines {
  const log = new Log(
    (each) => (text += each),
    () => waiting,
  );
  return new ArrivalLines(log, verbose, () => now);
}

/** Returns the lines since the last call, without their prefix. */
const said = () => {
  const all = text.split('\n').slice(0, -1);
  text = '';
  for (const line of all) expect(line).toMatch(/^migration target: /);
  return all.map((line) => line.slice('migration target: '.length));
};

const pass: IncomingPass = { iteration: 0, verify: false, pages: 2048, octets: 2048 * 4104 };
const progress = (more: Partial<IncomingPass> = {}): ReceiveEvent => ({
  kind: 'incoming-pass-progress',
  pass: { ...pass, ...more },
});

const arrival: ReceiveEvent[] = [
  { kind: 'target-state', state: 'greeting' },
  { kind: 'domain-announced', name: 'busy' },
  { kind: 'image-started', domain: { type: 'x86-hvm', xenMajor: 4, xenMinor: 17 } },
  { kind: 'incoming-pass-started', pass: { ...pass, pages: 0, octets: 0 } },
  { kind: 'incoming-pass-finished', pass: { ...pass, milliseconds: 100 } },
  { kind: 'incoming-pass-finished', pass: { ...pass, iteration: 1, verify: true, milliseconds: 0 } },
  { kind: 'record-applied', type: 'HVM_CONTEXT' },
  { kind: 'image-finished', pages: 2048, octets: 9e6 },
  { kind: 'domain-restored', domid: 3 },
  { kind: 'target-state', state: 'awaiting-permission' },
  { kind: 'note', text: 'busy was paused at the source' },
];

test('each step has its line', () => {
  const told = lines(true);
  for (const event of arrival) told.onEvent(event);
  expect(said()).toEqual([
    'Ready to receive domain.',
    'Receiving busy.',
    'The header of the image says x86-hvm, Xen 4.17.',
    'Pass 0: 2048 pages, 8.0 MiB in 100 ms, 80.2 MiB/s.',
    'Pass 1 (compared): 2048 pages, 8.0 MiB in 0 ms, -.',
    'HVM_CONTEXT received.',
    'The image is complete: 2048 pages, 8.6 MiB.',
    'The domain is restored, as domid 3.',
    'Transfer complete, requesting permission to start domain.',
    'busy was paused at the source.',
  ]);
});

test("without -v there are stock's messages alone, and the notes", () => {
  const told = lines(false);
  for (const event of [...arrival, progress()]) told.onEvent(event);
  now += 1e6;
  told.onEvent(progress());
  expect(said()).toEqual([
    'Ready to receive domain.',
    'Transfer complete, requesting permission to start domain.',
    'busy was paused at the source.',
  ]);
});

test('how far a pass has come is said once a second, from its beginning', () => {
  const told = lines(true);
  told.onEvent({ kind: 'incoming-pass-started', pass });
  now += 999;
  told.onEvent(progress());
  expect(said()).toEqual([]);
  now += 1;
  told.onEvent(progress({ pages: 4096 }));
  told.onEvent(progress({ pages: 4097 }));
  expect(said()).toEqual(['Pass 0: 4096 pages, 8.0 MiB so far.']);
});

test('where nobody reads the details are left out, and nothing else', () => {
  const told = lines(true);
  waiting = 2_000_000;
  for (const event of arrival) told.onEvent(event);
  expect(said()).toEqual([
    'Ready to receive domain.',
    '7 lines were left out here: nobody read them.',
    'Transfer complete, requesting permission to start domain.',
    'busy was paused at the source.',
  ]);
});
