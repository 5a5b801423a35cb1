/** Tests of the policy measurement: its arithmetic, its page, and one migration from end to end. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { byDomain, chosen, nameOf } from '../../tooling/policies/cells.mjs';
import { fill } from '../../tooling/policies/document.mjs';
import { cellFigures, quantile, tally } from '../../tooling/policies/figures.mjs';
import { plots } from '../../tooling/policies/plots.mjs';
import { rendered } from '../../tooling/policies/render.mjs';
import { read } from '../../tooling/policies/results.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../../tooling/temporary-folder.mjs';

const docs = fileURLToPath(new URL('../../docs/', import.meta.url));
const folder = fileURLToPath(new URL('../../tooling/policies/', import.meta.url));

test('a percentile is one of the values', () => {
  const ten = [10, 9, 8, 7, 6, 5, 4, 3, 2, 1];
  expect([0, 0.05, 0.5, 0.9, 0.95, 1].map((share) => quantile(ten, share))).toEqual([1, 1, 5, 9, 10, 10]);
  expect(quantile([3], 0.5)).toBe(3);
});

test('words are counted, the most frequent first', () => {
  expect(tally(['stall', 'threshold', 'threshold'])).toBe('threshold 2, stall 1');
  expect(tally(['stall', 'stall'])).toBe('stall');
});

test('a domain that was left running has no downtime', () => {
  const moved = { iterations: 5, milliseconds: 2000, octets: 3e6, downtime: 80, reason: 'iterations' };
  const left = { iterations: 4, milliseconds: 1000, octets: 2e6, reason: 'busy (stall)' };
  expect(cellFigures([moved, left, { ...moved, downtime: 90 }])).toEqual({
    runs: 3,
    iterations: 5,
    seconds: 2,
    megabytes: 3,
    downtime: 80,
    downtime95: 90,
    reasons: 'iterations 2, busy (stall) 1',
  });
  expect(cellFigures([left])).toMatchObject({ downtime: undefined, reasons: 'busy (stall)' });
});

test('cells are chosen by whole parts of their names', () => {
  expect(chosen(['1G/idle']).map(nameOf)).toContain('1G/idle/stock');
  expect(new Set(chosen(['idle', 'small']).map(({ workload }) => workload.name))).toEqual(
    new Set(['idle', 'small']),
  );
  expect(chosen(['max-downtime-300']).every(({ policy }) => policy.name === 'max-downtime-300')).toBe(true);
  expect(chosen(['nowhere'])).toEqual([]);
  expect(byDomain(chosen([]))).toHaveLength(10);
});

test('a page is filled between its marks, or refused', () => {
  const page = 'a\n<!-- measured: x -->\nold\n<!-- end: x -->\nb\n';
  expect(fill(page, { x: 'new' })).toBe('a\n<!-- measured: x -->\n\nnew\n\n<!-- end: x -->\nb\n');
  expect(() => fill(page, { y: 'new' })).toThrow('lacks <!-- measured: y -->');
});

test('the plots are drawn from docs/policies.json, and say what their marks are', async () => {
  for (const { file, svg } of await plots(read(join(docs, 'policies.json')))) {
    expect(readFileSync(join(docs, file), 'utf8')).toBe(`${svg}\n`);
    expect(svg).toContain('role-legend-symbol');
    if (file.includes('downtime')) {
      for (const meaning of ['a migration', 'median', 'asked for'])
        expect(svg).toContain(`>${meaning}</text>`);
    }
    expect(svg).toContain('prefers-color-scheme: dark');
  }
});

test('docs/policies.md has what is in docs/policies.json', () => {
  const page = readFileSync(join(docs, 'policies.md'), 'utf8');
  const results = read(join(docs, 'policies.json'));
  const drawn = [...page.matchAll(/^!\[(.*)\]\((policies-.*\.svg)\)$/gm)].map(
    ([, title = '', file = '']) => ({
      title,
      file,
    }),
  );
  expect(drawn.length).toBeGreaterThan(0);
  for (const { file } of drawn) expect(readFileSync(join(docs, file), 'utf8')).toMatch(/^<svg [^>]*role=/);
  expect(rendered(page, results, drawn)).toBe(page);
});

test('one migration is measured', () => {
  const temporary = temporaryFolder('mig-policies-test-');
  try {
    const results = join(temporary, 'results.json');
    const args = ['main.mjs', '--runs', '1', '--only', '100M/idle/max-downtime-300', '--to', results];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { cwd: folder, encoding: 'utf8' });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(stdout).toMatch(/^\| `--max-downtime 300` \| 1 \| .* \|$/m);
    const { circumstances, migrations } = JSON.parse(readFileSync(results, 'utf8')) as {
      circumstances: object;
      migrations: object[];
    };
    expect(circumstances).toMatchObject({ runs: 1, node: process.version });
    expect(migrations).toHaveLength(1);
    expect(migrations[0]).toMatchObject({ link: '100M', workload: 'idle', status: 0, iterations: 1 });
  } finally {
    removeTemporaryFolder(temporary);
  }
}, 180_000);
