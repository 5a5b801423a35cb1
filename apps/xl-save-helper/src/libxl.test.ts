import { closeSync, openSync, readFileSync, writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { createMemoryFile } from '@mig/posix';
import {
  encodeHelperMessage,
  encodeReply,
  HelperMessageDecoder,
  type HelperMessage,
} from '@mig/protocol/save-helper';
import { Libxl, LogLevel } from './libxl.js';

const open: number[] = [];
afterEach(() => {
  for (const fd of open.splice(0)) closeSync(fd);
});

function remember(fd: number): number {
  open.push(fd);
  return fd;
}

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../packages/protocol/fixtures/${name}`, import.meta.url));

/** libxl that gives the answers in `replies`, whatever it is asked. */
function conversation(callbacks: number, replies: string) {
  const input = remember(openSync(replies, 'r'));
  const output = remember(createMemoryFile('messages', 0));
  return {
    libxl: new Libxl(callbacks, { input, output }),
    said: () => readFileSync(`/proc/self/fd/${output}`),
  };
}

function answering(callbacks: number, ...values: number[]) {
  const file = remember(createMemoryFile('replies', 0));
  writeSync(file, Buffer.concat(values.map(encodeReply)));
  return conversation(callbacks, `/proc/self/fd/${file}`);
}

function messagesIn(octets: Uint8Array): HelperMessage[] {
  const decoder = new HelperMessageDecoder();
  const messages = decoder.push(octets);
  decoder.end();
  return messages;
}

/** Octets of a recorded conversation as stock had it, without what it chose to tell. */
function recorded(name: string, ...left: HelperMessage['name'][]): Buffer {
  const messages = messagesIn(readFileSync(fixture(name))).filter((message) => !left.includes(message.name));
  return Buffer.concat(messages.map(encodeHelperMessage));
}

/** Callback bits of the recorded command lines. */
const OF_SAVE = 136;
const OF_RESTORE = 768;

describe("octet for octet stock's", () => {
  test('save', () => {
    const { libxl, said } = conversation(OF_SAVE, fixture('helper-save.stdin.bin'));
    libxl.switchDeviceModelLog(2, true);
    libxl.suspend(2);
    libxl.switchDeviceModelLog(2, false);
    libxl.complete(0);
    expect(said()).toEqual(recorded('helper-save.stdout.bin', 'log', 'progress'));
  });

  test('restore', () => {
    const { libxl, said } = conversation(OF_RESTORE, fixture('helper-restore.stdin.bin'));
    libxl.staticDataDone(3, 0);
    libxl.restoreResults(0xfeffcn, 0xfefffn);
    libxl.complete(0);
    expect(said()).toEqual(recorded('helper-restore.stdout.bin', 'log', 'progress'));
  });

  test('progress', () => {
    const { libxl, said } = answering(OF_SAVE);
    const [start, pass] = messagesIn(recorded('helper-save.stdout.bin', 'log')).filter(
      (message) => message.name === 'progress',
    );
    libxl.progress(start!.doing_what, 0, 0);
    libxl.progress(pass!.doing_what, Number(pass!.done), Number(pass!.total));
    expect(said()).toEqual(Buffer.concat([start!, pass!].map(encodeHelperMessage)));
    expect(pass!.doing_what).toBe('Frames iteration 0');
  });
});

test('a log message is text that libxl can take', () => {
  const { libxl, said } = answering(0);
  libxl.log(LogLevel.ERROR, 'a\0b — ü \x1b[2J', 5);
  libxl.log(LogLevel.DEBUG, '');
  const context = 'xl-save-helper';
  expect(messagesIn(said())).toEqual([
    { name: 'log', level: 8, errnoval: 5, context, formatted: 'a\\u0000b ? ü \\u001b[2J' },
    { name: 'log', level: 1, errnoval: 0xffffffff, context, formatted: '' },
  ]);
});

describe('what libxl refuses is an error', () => {
  test.each<[string, (libxl: Libxl) => void, number, string]>([
    ['suspend', (libxl) => libxl.suspend(2), 0, 'the guest did not suspend'],
    [
      'switch on',
      (libxl) => libxl.switchDeviceModelLog(2, true),
      -1,
      'the device model cannot switch its dirty log on',
    ],
    [
      'switch off',
      (libxl) => libxl.switchDeviceModelLog(2, false),
      -1,
      'the device model cannot switch its dirty log off',
    ],
    ['static data', (libxl) => libxl.staticDataDone(2, 3), -1, 'libxl cannot make up for the CPU policy'],
  ])('%s', (_, ask, reply, words) => {
    expect(() => ask(answering(0xffff, reply).libxl)).toThrow(words);
  });

  test('half an answer', () => {
    const file = remember(createMemoryFile('replies', 0));
    writeSync(file, encodeReply(0), 0, 3);
    const { libxl } = conversation(OF_SAVE, `/proc/self/fd/${file}`);
    expect(() => libxl.complete(0)).toThrow("libxl's replies ended at byte 3, 1 bytes short");
  });
});

describe('what libxl does not offer', () => {
  test('is not asked for', () => {
    const { libxl, said } = answering(0);
    libxl.switchDeviceModelLog(2, true);
    libxl.staticDataDone(2, 3);
    libxl.restoreResults(1n, 2n);
    expect(said()).toHaveLength(0);
  });

  test('is an error where it cannot be done without', () => {
    const { libxl, said } = answering(0);
    expect(() => libxl.suspend(2)).toThrow(expect.objectContaining({ code: 'suspend-refused' }));
    expect(said()).toHaveLength(0);
  });
});
