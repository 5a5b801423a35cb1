import { expect, test } from 'vitest';
import { optionsFrom } from './connection.js';

test.each([
  ['redis://host', undefined, { host: 'host', port: 6379 }],
  ['redis://host:7000/3', undefined, { host: 'host', port: 7000, db: 3 }],
  ['redis://[::1]:7000', undefined, { host: '::1', port: 7000 }],
  ['redis://mig:p%40ss@host', 'other', { host: 'host', port: 6379, username: 'mig', password: 'p@ss' }],
  ['redis://mig@host', 'pass', { host: 'host', port: 6379, username: 'mig', password: 'pass' }],
  ['redis://host', 'pass', { host: 'host', port: 6379, password: 'pass' }],
  ['rediss://host', '', { host: 'host', port: 6379, tls: {} }],
])('%s with the password %s', (address, password, options) =>
  expect(optionsFrom(address, password)).toEqual(options),
);

test.each([
  '',
  'host',
  'host:6379',
  'http://:secret@host',
  'redis://',
  'redis://:secret@host/name',
  'redis://host?db=1',
])('%s is no address, and is not repeated', (address) => {
  expect(() => optionsFrom(address)).toThrow(
    expect.objectContaining({ name: 'EngineError', code: 'address' }),
  );
  expect(() => optionsFrom(address)).not.toThrow(/secret/);
});
