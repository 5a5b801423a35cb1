import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findStockXl } from './stock-xl.js';

let folder: string;
let own: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-stock-'));
  own = program('mig/xl.js');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function path(name: string): string {
  mkdirSync(dirname(join(folder, name)), { recursive: true });
  return join(folder, name);
}

function program(name: string, mode = 0o755): string {
  writeFileSync(path(name), '#!/bin/sh\n');
  chmodSync(path(name), mode);
  return path(name);
}

function link(name: string, target: string): string {
  symlinkSync(target, path(name));
  return path(name);
}

const onPath = (...folders: string[]) => ({
  PATH: folders.map((each) => each && join(folder, each)).join(':'),
});
const NONE = 'there is no stock xl on PATH; MIG_STOCK_XL may name it';

describe('on PATH', () => {
  test('the first is it', () => {
    const first = program('a/xl');
    program('b/xl');
    expect(findStockXl(onPath('none', 'a', 'b'), own)).toBe(first);
  });

  test('we are not, whatever links to us', () => {
    link('a/xl', own);
    link('b/xl', path('a/xl'));
    link('c/xl', '../mig/xl.js');
    const stock = program('d/xl');
    expect(findStockXl(onPath('a', 'b', 'c', 'd'), own)).toBe(stock);
    // Also if we were called through a link.
    expect(findStockXl(onPath('a', 'b', 'c', 'd'), path('b/xl'))).toBe(stock);
    expect(() => findStockXl(onPath('a', 'b'), own)).toThrow(NONE);
  });

  test('what cannot be run is not', () => {
    program('a/xl', 0o644);
    mkdirSync(path('b/xl'));
    link('c/xl', path('nowhere'));
    const stock = link('d/xl', program('lib/xen/bin/xl'));
    expect(findStockXl(onPath('a', 'b', 'c', 'd'), own)).toBe(stock);
  });

  test('the working folder is none of it, by whatever name, nor is a folder in it', () => {
    const stock = program('stock/xl');
    program('here/xl');
    program('here/below/xl');
    const before = process.cwd();
    process.chdir(path('here'));
    try {
      for (const relative of ['', '.', './', '..', 'below', './below', '../here', 'below/..']) {
        expect(() => findStockXl({ PATH: relative }, own)).toThrow(NONE);
        expect(findStockXl({ PATH: `${relative}:${path('stock')}` }, own)).toBe(stock);
      }
      const environment = { ...onPath('stock'), MIG_STOCK_XL: 'xl' };
      expect(() => findStockXl(environment, own)).toThrow('MIG_STOCK_XL names xl, which is no absolute path');
    } finally {
      process.chdir(before);
    }
  });

  test.each([{}, { PATH: '' }])('there may be none: %j', (environment) => {
    expect(() => findStockXl(environment, own)).toThrow(NONE);
  });
});

describe('MIG_STOCK_XL', () => {
  test('counts before PATH', () => {
    program('a/xl');
    const named = program('other/xl-4.17');
    expect(findStockXl({ ...onPath('a'), MIG_STOCK_XL: named }, own)).toBe(named);
  });

  test('of no word is not there', () => {
    const stock = program('a/xl');
    expect(findStockXl({ ...onPath('a'), MIG_STOCK_XL: '' }, own)).toBe(stock);
  });

  test.each([
    ['nothing', () => path('none')],
    ['a folder', () => folder],
    ['a file that cannot be run', () => program('plain', 0o644)],
  ])('of %s is refused', (_, named) => {
    program('a/xl');
    const environment = { ...onPath('a'), MIG_STOCK_XL: named() };
    expect(() => findStockXl(environment, own)).toThrow(/^MIG_STOCK_XL names .*, which is no program$/);
  });

  test('of ourselves is refused: we would become ourselves for ever', () => {
    const environment = { ...onPath(), MIG_STOCK_XL: link('a/xl', own) };
    expect(() => findStockXl(environment, own)).toThrow(/^MIG_STOCK_XL names .*, which is mig's own xl$/);
  });
});
