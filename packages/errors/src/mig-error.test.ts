import { expect, test } from 'vitest';
import { messageOf, MigError } from './mig-error.js';

class LateError extends MigError {
  override readonly name = 'LateError';
  readonly code = 'late';
}

test('an error of mig has a code, a name, a message and a cause', () => {
  const error = new LateError('too late', { cause: 'a queue' });
  expect(error).toBeInstanceOf(Error);
  expect(error).toMatchObject({ code: 'late', name: 'LateError', message: 'too late', cause: 'a queue' });
  expect(String(error)).toBe('LateError: too late');
});

test.each([
  [new LateError('too late'), 'too late'],
  ['a word', 'a word'],
  [undefined, 'undefined'],
])('the message of %s', (thrown, message) => expect(messageOf(thrown)).toBe(message));
