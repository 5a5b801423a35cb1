import { afterEach, expect, test, vi } from 'vitest';
import type { XenVersion } from '@mig/hypervisor-xen/memory';
import { becomeStockHelper } from './become-stock.js';

const version = {} as XenVersion;
const STOCK = '/usr/lib/xen-4.20/bin/libxl-save-helper';

const done = vi.hoisted((): unknown[][] => []);
vi.mock('@mig/hypervisor-xen/memory', () => ({ stockSaveHelper: () => STOCK }));
vi.mock('@mig/posix', async (importOriginal) => ({
  ...(await importOriginal<typeof import('@mig/posix')>()),
  makeInheritable: (fd: number) => done.push(['inherit', fd]),
  execute: (...parameters: unknown[]) => {
    done.push(['execute', ...parameters]);
    throw new Error('this would be another program');
  },
}));

const { argv } = process;
afterEach(() => {
  process.argv = argv;
  delete process.env['MIG_HELPER_HANDED_ON'];
  done.length = 0;
});

test("Xen's own helper is given what libxl gave, and the descriptors that it named", () => {
  const words = '--restore-domain 7 -1 4 1 0 2 0 768 0'.split(' ');
  process.argv = ['node', 'xl-save-helper', ...words];
  expect(() => becomeStockHelper(version, [7, -1])).toThrow('this would be another program');
  expect(done).toEqual([
    ['inherit', 7],
    ['execute', STOCK, [STOCK, ...words]],
  ]);
});

test('our own xl hears of it last, before it is another program', () => {
  const link = { handedOn: () => done.push(['handed on']) };
  expect(() => becomeStockHelper(version, [7], link)).toThrow();
  expect(done.map(([what]) => what)).toEqual(['inherit', 'handed on', 'execute']);
});

test('a link that calls us again is said, and not followed for ever', () => {
  process.env['MIG_HELPER_HANDED_ON'] = String(process.pid);
  expect(() => becomeStockHelper(version, [7])).toThrow(`${STOCK} is mig's, not Xen's own save helper`);
  expect(done).toEqual([]);
});
