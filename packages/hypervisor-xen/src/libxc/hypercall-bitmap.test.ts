import { writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { closeDescriptor, createMemoryFile, Mapping } from '@mig/posix';
import { HypercallBitmap } from './hypercall-bitmap.js';

test('what libxenctrl allocates is a bit a page, in whole pages', () => {
  const pagesFor = (pages: number) => new HypercallBitmap(pages).hypercallPages;
  expect([1, 32768, 32769, 0xff000].map(pagesFor)).toEqual([1, 1, 2, 32]);
});

test('the buffer is as DECLARE_HYPERCALL_BUFFER() has it', () => {
  const { buffer } = new HypercallBitmap(1);
  expect(Buffer.from(buffer.buffer).toString('hex')).toBe('00'.repeat(24) + 'ff'.repeat(8) + '00'.repeat(8));
});

test('what the hypervisor writes there is added to what is known', () => {
  const file = createMemoryFile('bitmap', 4096);
  const memory = Mapping.of(file, 4096, 'write');
  const bitmap = new HypercallBitmap(64);
  bitmap.at(memory.address);
  const known = Uint32Array.of(0b0001, 0x80000000);
  writeSync(file, Uint8Array.of(0b1010, 0, 0, 0, 0, 0, 0, 0x01), 0, 8, 0);
  bitmap.addTo(known);
  expect([...known]).toEqual([0b1011, 0x81000000]);

  bitmap.gone();
  bitmap.addTo(known);
  expect([...known]).toEqual([0b1011, 0x81000000]);
  memory.unmap();
  closeDescriptor(file);
});
