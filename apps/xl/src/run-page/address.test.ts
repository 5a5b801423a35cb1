import { expect, test } from 'vitest';
import { isLoopback, pageAddress, urlHost, whyNotListening } from './address.js';

test.for([
  ['8080', '127.0.0.1', 8080],
  ['0', '127.0.0.1', 0],
  ['192.0.2.1:80', '192.0.2.1', 80],
  ['[::1]:65535', '::1', 65_535],
  ['localhost:8080', 'localhost', 8080],
  ['host-1.example:8080', 'host-1.example', 8080],
] as const)('%s', ([text, host, port]) => {
  expect(pageAddress(text)).toEqual({ host, port });
});

test.for([
  '',
  'x',
  '65536',
  '-1',
  ':80',
  'a:',
  '::1:80',
  '[host]:80',
  '[::1]',
  'http://a:80',
  'a b:80',
  '8080/',
  '80.5',
])('"%s" is refused', (text) => {
  expect(() => pageAddress(text)).toThrow(/^--serve must be a port, or an address and a port/);
});

test('only this machine reaches loopback', () => {
  expect(['127.0.0.1', '127.1.2.3', '::1', 'localhost'].filter(isLoopback)).toHaveLength(4);
  expect(['0.0.0.0', '::', '192.0.2.1', '127.example'].filter(isLoopback)).toEqual([]);
});

test('an IPv6 address is in brackets', () => {
  expect(['::1', '127.0.0.1', 'a'].map(urlHost)).toEqual(['[::1]', '127.0.0.1', 'a']);
});

test.for([
  ['EADDRINUSE', '192.0.2.1:80 is taken: another port, or 0 for any that is free'],
  ['EACCES', "no permission for 192.0.2.1:80: ports below 1024 are root's as a rule"],
  ['EADDRNOTAVAIL', '192.0.2.1 is no address of this host'],
  ['ENOTFOUND', 'no address is known for 192.0.2.1'],
  ['EINVAL', '192.0.2.1:80: said so'],
] as const)('%s is explained', ([code, words]) => {
  const error = Object.assign(new Error('said so'), { code });
  expect(whyNotListening({ host: '192.0.2.1', port: 80 }, error).message).toBe(`--serve: ${words}`);
});
