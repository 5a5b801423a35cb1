import koffi from 'koffi';
import { expect, test } from 'vitest';
import { errorName, PosixError } from './errors.js';

test('each error of the kernel has the name that the C library has for it', () => {
  const names = new Map<number, string>();
  for (const [name, errno] of Object.entries(koffi.os.errno)) if (!names.has(errno)) names.set(errno, name);
  expect(names.size).toBeGreaterThan(100);
  for (let errno = 0; errno < 200; errno++) {
    expect(errorName(errno)).toBe(names.get(errno) ?? `errno ${errno}`);
  }
});

test('a call that failed says which, on what, and why', () => {
  const error = new PosixError('write', 32, 'the stream');
  expect(error).toMatchObject({ code: 'EPIPE', message: 'write the stream: EPIPE' });
});
