import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isStockCommand, OURS } from './stock-command.js';

const words = (line: string): string[] => line.split(' ').filter((word) => word !== '');

test.each([
  'migrate busy host2',
  '-v migrate --precopy-iterations 9 busy host2',
  '-vf -N migrate busy host2',
  'migrate-receive',
  'migrate-receive --paused',
  'migrate-receive -e -d',
  'migrate-status',
  'migrate-status --watch busy',
  'migrate-switchover busy',
  'migrate-abort busy',
  'migrate-set --bandwidth none busy',
  'save busy file',
  'resume busy',
  'stream verify file',
  'dirty-rate busy',
  'migrate --estimate busy',
  'trace show file',
  '',
  '-v',
  '--version',
  'help',
  '-v help',
  'help migrate',
  'help help',
])('ours by any name: %s', (line) => {
  expect(isStockCommand(words(line))).toBe(false);
});

test.each([
  'list',
  'list -l',
  '-v list migrate',
  'create migrate.cfg',
  'destroy save',
  'restore file',
  'help create',
  'help list migrate',
  // Stock's abbreviations go to stock.
  'mig busy host2',
  'no-such-command',
  // Only stock receives Remus and COLO.
  'migrate-receive -r',
  'migrate-receive -er',
  'migrate-receive --colo',
  'migrate-receive --coloft-script /a --userspace-colo-proxy',
])('stock by any name: %s', (line) => {
  expect(isStockCommand(words(line))).toBe(true);
});

test('docs/xen.md names them all', () => {
  const text = readFileSync(new URL('../../../../docs/xen.md', import.meta.url), 'utf8');
  const [, list = ''] = /Write its commands in full: ([^.]+)\./.exec(text) ?? [];
  let stem = '';
  const named = [...list.matchAll(/`([a-z-]+)`/g)].map(([, name = '']) => {
    if (!name.startsWith('-')) stem = name.split('-')[0]!;
    return name.startsWith('-') ? `${stem}${name}` : name;
  });
  expect(named.sort()).toEqual([...OURS, 'help'].sort());
});
