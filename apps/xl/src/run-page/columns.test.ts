import { describe, expect, test } from 'vitest';
import { columnsOf, type SeenHost } from './columns.js';
import type { Column } from './view.js';
import { domain } from './view.test-support.js';

/** A host of 8 GiB. */
function host(name: string, role: SeenHost['role'], freeMemory: number, ...names: string[]): SeenHost {
  const domains = names.map((each) => ({ ...domain(each), presence: 'here' as const }));
  return { name, role, look: { totalMemory: 8192, freeMemory, domains } };
}

function columns(domains: ReturnType<typeof domain>[], ...hosts: SeenHost[]): Column[] {
  return columnsOf({ hosts, domains, originOf: () => 'source', doneOf: () => 0.25 });
}

const kinds = ({ blocks }: Column) => blocks.map(({ kind, id }) => `${kind} ${id.replace('uuid-of-', '')}`);

test('a domain is where the run has brought it, however old the look at the hosts is', () => {
  const [source, left] = columns(
    [domain('a', 'moved'), domain('b', 'moving'), domain('c'), domain('d', 'stayed')],
    host('source', 'from', 3072, 'a', 'b', 'c', 'd'),
    host('left', 'to', 6144, 'e'),
  );
  expect(kinds(source!)).toEqual(['other other', 'leaving b', 'waiting c', 'staying d', 'free free']);
  expect(source!.words).toEqual(['3 domains, 3.0 GiB', '4.0 GiB of 8.0 GiB free']);
  expect(kinds(left!)).toEqual(['other other', 'resident e', 'arrived a', 'arriving b', 'free free']);
  expect(left!.words).toEqual(['2 domains, 2.0 GiB', '1.0 GiB on its way', '4.0 GiB of 8.0 GiB free']);
  expect(left!.blocks.find(({ kind }) => kind === 'arriving')).toMatchObject({ done: 0.25, share: 1 / 8 });
});

test('the parts of a column add up to it', () => {
  const all = columns(
    [domain('a'), domain('b')],
    host('source', 'from', 1024, 'a', 'b'),
    host('left', 'to', 8000),
  );
  for (const { blocks } of all) expect(blocks.reduce((sum, { share }) => sum + share, 0)).toBeCloseTo(1);
  expect(all.map(({ height }) => height)).toEqual([1, 1]);
});

test('a host that does not answer shows the domains of the run alone', () => {
  const why = 'left does not answer';
  const [left] = columns([domain('a', 'moved')], { name: 'left', role: 'to', why });
  expect(left).toMatchObject({ note: why, words: ['1 domain, 1.0 GiB'] });
  expect(kinds(left!)).toEqual(['arrived a']);
});

test('a target that takes none says why', () => {
  const left = host('left', 'to', 1);
  const closed = { ...left, look: { ...left.look!, closed: 'cordoned' } };
  expect(columns([], closed)[0]!.note).toBe('takes none: cordoned');
});

describe('a small run on large hosts', () => {
  const small = [domain('a', 'waiting', { memory: 64 }), domain('b', 'waiting', { memory: 32 })];
  const look = { totalMemory: 8192, freeMemory: 6144, domains: [] };
  const [source] = columns(small, { name: 'source', role: 'from', look });

  test('is seen: what is no domain is drawn smaller', () => {
    expect(source!.blocks.map(({ isCut }) => isCut)).toEqual([true, undefined, undefined, true]);
    expect(source!.blocks.map(({ share }) => share)).toEqual([0.25, 1 / 3, 1 / 6, 0.25]);
  });

  test('is shown to scale in words', () => {
    expect(source!.words.at(-1)).toBe('5.9 GiB of 8.0 GiB free');
  });
});

test('a domain that nobody has found is on no host, unless a look shows it', () => {
  const [source] = columns([domain('a', 'asking'), domain('b', 'person')], host('source', 'from', 1, 'b'));
  expect(kinds(source!)).toEqual(['other other', 'staying b', 'free free']);
  expect(source!.blocks.find(({ id }) => id === 'uuid-of-b')!.words).toBe('b, 1.0 GiB: is looked for');
});
