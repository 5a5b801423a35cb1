import { describe, expect, it } from 'vitest';
import { fixture, hex, toHex } from '../streams.test-support.js';
import {
  decodeReply,
  encodeHelperMessage,
  encodeReply,
  HelperMessageDecoder,
  HelperMessageError,
  helperMessages,
  parseHelperArguments,
  type HelperMessage,
} from './index.js';

function decode(octets: Uint8Array, chunk = octets.length): HelperMessage[] {
  const decoder = new HelperMessageDecoder();
  const messages: HelperMessage[] = [];
  for (let at = 0; at < octets.length; at += chunk)
    messages.push(...decoder.push(octets.subarray(at, at + chunk)));
  decoder.end();
  return messages;
}

const rows: readonly (readonly [HelperMessage, string])[] = [
  [{ name: 'suspend' }, '0200 0300'],
  [{ name: 'postcopy' }, '0200 0400'],
  [{ name: 'checkpoint' }, '0200 0500'],
  [{ name: 'wait_checkpoint' }, '0200 0600'],
  [{ name: 'switch_qemu_logdirty', domid: 2, enable: 1 }, '0a00 0700 02000000 01000000'],
  [{ name: 'static_data_done', missing: 3 }, '0600 0800 03000000'],
  [
    { name: 'restore_results', store_gfn: 0xfeffcn, console_gfn: 2n ** 63n },
    '1200 0900 fcef0f0000000000 0000000000000080',
  ],
  [{ name: 'complete', retval: -1, errnoval: 9 }, '0a00 0a00 ffffffff 09000000'],
  [
    { name: 'progress', context: 'xc', doing_what: '', done: 1n, total: 2n },
    '1e00 0200 03000000 786300 01000000 00 0100000000000000 0200000000000000',
  ],
  [
    { name: 'log', level: 1, errnoval: 0xffffffff, context: 'ü', formatted: 'b' },
    '1600 0100 01000000 ffffffff 02000000 fc00 02000000 6200',
  ],
];

describe('messages', () => {
  for (const [message, text] of rows) {
    it(`${message.name} <-> ${text}`, () => {
      expect(toHex(encodeHelperMessage(message))).toBe(text.replace(/ /g, ''));
      expect(decode(hex(text))).toEqual([message]);
    });
  }

  it('are ten, and all have a row', () => {
    expect(Object.values(helperMessages).map(({ type }) => type)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
    expect(new Set(rows.map(([{ name }]) => name)).size).toBe(10);
  });

  it.each([
    ['0200 0b00', 'an unknown type'],
    ['0000', 'no type'],
    ['0600 0300 00000000', 'bytes left over'],
    ['0600 0700 02000000', 'an argument missing'],
    ['1600 0100 01000000 ffffffff 02000000 6161 02000000 6200', 'text without its NUL'],
    ['1200 0100 01000000 ffffffff 00000000 02000000 6200', 'text of no bytes'],
    ['0e00 0100 01000000 ffffffff ffffffff', 'text of 4 GiB'],
    ['0a00 0700 02000000', 'cut off'],
    ['02', 'cut off within its length'],
  ])('%s is an error: %s', (text) => {
    expect(() => decode(hex(text))).toThrow(HelperMessageError);
  });

  it.each<[string, HelperMessage]>([
    ['a NUL in text', { name: 'log', level: 1, errnoval: 0, context: 'a\0', formatted: '' }],
    ['a number too large', { name: 'static_data_done', missing: 2 ** 32 }],
    ['a retval too large', { name: 'complete', retval: 2 ** 31, errnoval: 0 }],
    [
      'a message of more than 65535 bytes',
      { name: 'log', level: 1, errnoval: 0, context: '', formatted: 'x'.repeat(65536) },
    ],
  ])('%s is not encoded', (_, message) => {
    expect(() => encodeHelperMessage(message)).toThrow(RangeError);
  });
});

describe.each([
  ['save', ''],
  ['restore', ''],
  ['save', 'xen-4.20/'],
  ['restore', 'xen-4.20/'],
] as const)('the recorded %s %s', (mode, folder) => {
  const octets = fixture(`${folder}helper-${mode}.stdout.bin`);
  const messages = decode(octets);

  it('comes back to the same octets, in chunks of any size', () => {
    expect(Buffer.compare(Buffer.concat(messages.map(encodeHelperMessage)), octets)).toBe(0);
    for (const chunk of [1, 3, 100]) expect(decode(octets, chunk)).toEqual(messages);
  });

  it('has a reply for every message that wants one', () => {
    const replies = fixture(`${folder}helper-${mode}.stdin.bin`);
    const asking = messages.filter(({ name }) => helperMessages[name].reply !== 'none');
    const order = {
      save: ['switch_qemu_logdirty', 'suspend', 'switch_qemu_logdirty', 'complete'],
      restore: ['static_data_done', 'complete'],
    };
    expect(asking.map(({ name }) => name)).toEqual(order[mode]);
    const values = asking.map((_, i) => decodeReply(replies.subarray(i * 4, i * 4 + 4)));
    expect(values).toEqual(mode === 'save' ? [0, 1, 0, 0] : [0, 0]);
    expect(replies).toHaveLength(asking.length * 4);
    for (const { name } of messages) expect(helperMessages[name].on).toContain(mode);
  });
});

it('replies', () => {
  expect(toHex(encodeReply(-1))).toBe('ffffffff');
  expect(decodeReply(hex('feffffff'))).toBe(-2);
  expect(() => decodeReply(hex('00'))).toThrow(RangeError);
  expect(() => encodeReply(2 ** 31)).toThrow(RangeError);
});

describe('arguments', () => {
  it('as recorded', () => {
    expect(parseHelperArguments('--save-domain 15 11 2 1 136 0'.split(' '))).toEqual({
      mode: 'save',
      ioFd: 15,
      recvFd: 11,
      domid: 2,
      flags: 1,
      callbackFlags: 136,
      streamType: 0,
    });
    expect(parseHelperArguments('--restore-domain 12 -1 4 1 0 2 0 768 0'.split(' '))).toEqual({
      mode: 'restore',
      ioFd: 12,
      sendBackFd: -1,
      domid: 4,
      storeEvtchn: 1,
      storeDomid: 0,
      consoleEvtchn: 2,
      consoleDomid: 0,
      callbackFlags: 768,
      streamType: 0,
    });
  });

  it.each([
    '',
    '--help',
    '--save-domain 1 2 3 4 5',
    '--save-domain 1 2 3 4 5 6 7',
    '--save-domain 1 2 3 4 5 0x6',
  ])('refuses %j', (line) => {
    expect(() => parseHelperArguments(line === '' ? [] : line.split(' '))).toThrow(RangeError);
  });
});
