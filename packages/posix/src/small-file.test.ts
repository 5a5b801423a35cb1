import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { FileTooLongError, readSmallFile } from './index.js';

const folder = mkdtempSync(join(tmpdir(), 'mig-small-'));
afterAll(() => rmSync(folder, { recursive: true }));

it.each([0, 1, 4095, 4096, 4097, 20_000])(
  'reads a file of %i octets, and refuses it where less is allowed',
  (length) => {
    const path = join(folder, 'file');
    const octets = Uint8Array.from({ length }, (_, i) => i % 251);
    writeFileSync(path, octets);
    expect(readSmallFile(path, length)).toEqual(octets);
    expect(readSmallFile(path, 2 ** 20)).toEqual(octets);
    if (length > 0) expect(() => readSmallFile(path, length - 1)).toThrow(FileTooLongError);
  },
);

it('does not read on where there is no end', () => {
  expect(() => readSmallFile('/dev/zero', 2 ** 20)).toThrow('/dev/zero has more than 1048576 bytes');
});

it('says what the file system says', () => {
  expect(() => readSmallFile(join(folder, 'none'), 1)).toThrow(expect.objectContaining({ code: 'ENOENT' }));
  expect(() => readSmallFile(folder, 1)).toThrow(expect.objectContaining({ code: 'EISDIR' }));
});
