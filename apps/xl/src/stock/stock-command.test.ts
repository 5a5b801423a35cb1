import { expect, test } from 'vitest';
import { isStockCommand } from './stock-command.js';

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
])('ours by any name: %s', (line) => {
  for (const name of ['xl', 'mig']) expect(isStockCommand(words(line), name)).toBe(false);
});

test.each([
  'list',
  'list -l',
  '-v list migrate',
  'create migrate.cfg',
  'destroy save',
  'restore file',
  // Stock's abbreviations go to stock.
  'mig busy host2',
  'no-such-command',
  // Only stock receives Remus and COLO.
  'migrate-receive -r',
  'migrate-receive -er',
  'migrate-receive --colo',
  'migrate-receive --coloft-script /a --userspace-colo-proxy',
])('stock by any name: %s', (line) => {
  for (const name of ['xl', 'mig']) expect(isStockCommand(words(line), name)).toBe(true);
});

test.each(['', '-v', '--version', 'help', 'help migrate', '-v help'])('by the name of each: %j', (line) => {
  expect(isStockCommand(words(line), 'xl')).toBe(true);
  expect(isStockCommand(words(line), 'mig')).toBe(false);
});
