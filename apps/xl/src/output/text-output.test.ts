import { spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { blockingPipe, pipe, setNonBlocking } from '@mig/posix';
import { expect, it } from 'vitest';
import { createContext } from '../host/context.js';
import { run } from '../program.js';
import { Log } from './log.js';
import { OutputClosedError, TextOutput, writeAll } from './text-output.js';

it('writes everything, through a pipe that does not block as well', async () => {
  const { readEnd, writeEnd } = blockingPipe();
  setNonBlocking(writeEnd);
  const reader = spawn('wc', ['-c'], { stdio: [readEnd, 'pipe', 'inherit'] });
  closeSync(readEnd);
  let counted = '';
  reader.stdout?.on('data', (text: Buffer) => (counted += text.toString()));
  const closed = new Promise((resolve) => reader.once('close', resolve));
  writeAll(writeEnd, new Uint8Array(2 ** 20));
  closeSync(writeEnd);
  await closed;
  expect(Number(counted)).toBe(2 ** 20);
});

it('says when nobody reads any more', () => {
  const { readEnd, writeEnd } = pipe();
  closeSync(readEnd);
  expect(() => writeAll(writeEnd, new Uint8Array(1))).toThrow(OutputClosedError);
  closeSync(writeEnd);
});

it('ends a command quietly then', async () => {
  let err = '';
  const context = createContext({
    output: new TextOutput(() => {
      throw new OutputClosedError();
    }),
    log: new Log((text) => (err += text)),
  });
  expect(await run(['help'], context)).toBe(141);
  expect(err).toBe('');
});

it('gathers lines', () => {
  const pieces: number[] = [];
  const output = new TextOutput((octets) => pieces.push(octets.length));
  for (let line = 0; line < 10_000; line++) output.line('0123456789');
  output.flush();
  output.flush();
  expect(pieces).toEqual([65538, 44462]);
});
