/** Tests of the guest `wss` in phases: the words `busy=` and `quiet=` of its command line. */
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import {
  configurationOf,
  consoleLines,
  failure,
  NOT_LIVE,
  openHost,
  restore,
  save,
  ticks,
  type TestHost,
  UNTIL,
} from './hosts.test-support.js';

function start(test: TestHost, commandLine: string): number {
  return test.host.create(configurationOf('busy', 'wss', commandLine), { paused: false });
}

/** Lists, for each finished phase, the pages written so far at each of its ticks; the first phase is busy. */
function writtenByPhase(lines: readonly string[]): number[][] {
  const phases: string[][] = [[]];
  for (const line of lines) {
    if (line.startsWith('phase ')) phases.push([]);
    else phases.at(-1)!.push(line);
  }
  return phases.slice(0, -1).map((phase) => ticks(phase).map(({ written }) => written));
}

it('writes nothing while it is quiet, and goes on afterwards', async () => {
  const test = openHost();
  const domid = start(test, 'pages=50 rate=5000 busy=250 quiet=350');
  await vi.waitFor(() => expect(writtenByPhase(consoleLines(test, domid)).length).toBeGreaterThan(5), UNTIL);
  const lines = consoleLines(test, domid);
  expect(lines.slice(0, 1)).toEqual(['wss pages=50 rate=5000 pattern=sequential busy=250 quiet=350']);
  expect(lines.filter((line) => line.startsWith('phase ')).slice(0, 3)).toEqual([
    'phase quiet',
    'phase busy',
    'phase quiet',
  ]);
  const quiet = writtenByPhase(lines).filter((_, at) => at % 2 === 1);
  for (const written of quiet) expect(new Set(written).size).toBe(1);
  const later = quiet.map(([first]) => first);
  expect(later).toEqual([...new Set(later)]);
});

it('takes its phase along when it moves', async () => {
  const [source, target] = [openHost(), openHost()];
  // Only the first phase ends within this test.
  const domid = start(source, 'pages=50 rate=5000 busy=100 quiet=600000');
  await vi.waitFor(() => expect(consoleLines(source, domid)).toContain('phase quiet'), UNTIL);
  const ticked = ticks(consoleLines(source, domid)).length;
  await vi.waitFor(() => expect(ticks(consoleLines(source, domid)).length).toBeGreaterThan(ticked), UNTIL);

  const stream = join(source.folder, 'stream');
  save(source, domid, stream, NOT_LIVE);
  const copy = restore(target, stream, source.host.configuration(domid), 'busy');
  target.host.unpause(copy);
  await vi.waitFor(() => expect(ticks(consoleLines(target, copy)).length).toBeGreaterThan(3), UNTIL);
  const { written } = ticks(consoleLines(source, domid)).at(-1)!;
  expect(written).toBeGreaterThan(50);
  expect(new Set(ticks(consoleLines(target, copy)).map((tick) => tick.written))).toEqual(new Set([written]));
  expect(consoleLines(target, copy).filter((line) => line.startsWith('phase'))).toEqual([]);
});

it.each(['busy=5', 'quiet=5', 'busy=0 quiet=5', 'busy=5 quiet=0'])('refuses %s', (commandLine) => {
  expect(failure(() => start(openHost(), commandLine))).toMatchObject({
    code: 'bad-guest',
    message: expect.stringContaining('busy= and quiet= are milliseconds above 0 and go together') as string,
  });
});
