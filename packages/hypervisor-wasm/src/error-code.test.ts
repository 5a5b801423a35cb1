import { FileTooLongError, PosixError } from '@mig/posix';
import { expect, test } from 'vitest';
import { codeOf, isMissing } from './error-code.js';

test.each([
  [Object.assign(new Error('gone'), { code: 'ENOENT', errno: -2 }), 'ENOENT'],
  [Object.assign(new Error('no thread'), { code: 'ERR_WORKER_INIT_FAILED' }), 'ERR_WORKER_INIT_FAILED'],
  [new PosixError('open', 2, '/a'), 'ENOENT'],
  [new FileTooLongError('/a', 9), '/a has more than 9 bytes'],
  [new Error('of no code'), 'of no code'],
  ['a word', 'a word'],
])('%s has the code %j', (error, code) => {
  expect(codeOf(error)).toBe(code);
  expect(isMissing(error)).toBe(code === 'ENOENT');
});
