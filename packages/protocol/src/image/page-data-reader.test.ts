import { expect, test } from 'vitest';
import { encodeDomainHeader, encodeImageHeader } from './image-header.js';
import { encodeImageRecord } from '../stream/encode-record.js';
import { ImageDecoder, type ImageEvent } from './image-decoder.js';
import { PageDataEncoder } from './page-data.js';
import { PageType } from './page-type.js';

const header = { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 } as const;

test('what it is given may be one Buffer that is filled again and again: its slice() is no copy', () => {
  const parts = [
    encodeImageHeader({ version: 3, byteOrder: 'little-endian' }),
    encodeDomainHeader(header, 'little-endian'),
    encodeImageRecord({ type: 'STATIC_DATA_END' }),
    new PageDataEncoder(2).encode(Float64Array.of(1, 2), Uint8Array.of(PageType.XTAB, PageType.XTAB), 2),
    encodeImageRecord({ type: 'END' }),
  ];
  const stream = Buffer.concat(parts);
  const deviations: string[] = [];
  const decoder = new ImageDecoder({
    strictness: 'verify',
    onDeviation: ({ message }) => deviations.push(message),
  });
  const reused = Buffer.alloc(64);
  const events: ImageEvent[] = [];
  for (let at = 0; !decoder.finished;) {
    const length = decoder.wants;
    reused.fill(0xff);
    stream.copy(reused, 0, at, at + length);
    at += length;
    const event = decoder.give(reused.subarray(0, length));
    reused.fill(0xff);
    if (event !== undefined) events.push(event);
  }
  expect(deviations).toEqual([]);
  expect(events.map(({ kind }) => kind)).toEqual([
    'image-header',
    'domain-header',
    'record',
    'pages',
    'record',
  ]);
});
