import { expect, test } from 'vitest';
import { latin1 } from '../octets/text.js';
import { classifyBanner } from './banner.js';
import { decodeRefusal, encodeRefusal } from './refusal.js';

const refused = { code: 'cordoned', sentence: 'no domain may arrive, cordoned by root: größer' } as const;

test('a refusal comes out as it went in, whatever follows', () => {
  const line = encodeRefusal(refused);
  expect(decodeRefusal(line)).toEqual(refused);
  expect(decodeRefusal(Uint8Array.from([...line, 1, 2]))).toEqual(refused);
});

test('it is one line, and no source takes it for a banner', () => {
  const line = encodeRefusal({ code: 'arrivals-full', sentence: 'first\nsecond' });
  expect(decodeRefusal(line)?.sentence).toBe('first second');
  expect(classifyBanner(line).kind).toBe('other');
});

test.each([
  '',
  'mig-refused cordoned: cut short',
  'mig-refused cordoned: \n',
  'mig-refused something-else: by a newer mig\n',
  ' mig-refused cordoned: after something else\n',
  'xl migration receiver ready, send binary domain data.\n',
])('anything else is none: %j', (text) => {
  expect(decodeRefusal(latin1(text))).toBeUndefined();
});
