/** Tests of `pnpm bench`: its page, and short runs from end to end. */
import { mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TraceRecord } from '@mig/trace';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { rendered } from '../../tooling/bench/document.mjs';
import { stagesOf } from '../../tooling/bench/downtime.mjs';
import { readOptions } from '../../tooling/bench/options.mjs';
import { parts } from '../../tooling/bench/parts.mjs';
import { read, type Results } from '../../tooling/bench/results.mjs';
import { Rows } from '../../tooling/bench/rows.mjs';
import { Workbench } from '../../tooling/bench/workbench.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../../tooling/temporary-folder.mjs';
import { eventually } from '../harness/eventually.js';
import { processesOf } from '../../tooling/faults/processes.mjs';
import { Program } from '../harness/program.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const docs = join(root, 'docs');
/** Options for a short run with 64 MiB. */
const SHORT = ['--sizes', '0.0625', '--runs', '2'];

let folder = '';
beforeEach(() => void (folder = temporaryFolder('mig-performance-test-')));
afterEach(() => removeTemporaryFolder(folder));

/** Runs the benchmark, with its temporary files in an otherwise empty folder. */
function bench(args: readonly string[], environment: Readonly<Record<string, string>> = {}): Program {
  const own = join(folder, 'tmp');
  mkdirSync(own);
  const program = join(root, 'tooling/bench/bench.mjs');
  return new Program(process.execPath, [program, ...args], { environment: { TMPDIR: own, ...environment } });
}

function expectNothingLeft(): void {
  expect(readdirSync(join(folder, 'tmp'))).toEqual([]);
  expect(processesOf(folder)).toEqual([]);
}

async function measured(
  args: readonly string[],
  environment?: Readonly<Record<string, string>>,
): Promise<Results> {
  const file = join(folder, 'results.json');
  const { status, stderr } = await bench([...args, '--json', file], environment).ended;
  expect(status, stderr).toBe(0);
  expectNothingLeft();
  return read(file);
}

const page = () => readFileSync(join(docs, 'performance.md'), 'utf8');
const results = () => read(join(docs, 'performance.json'));

test('docs/performance.md has what is in docs/performance.json', () => {
  expect(rendered(page(), results())).toBe(page());
});

test('docs/performance.json has rows of every part, with all their runs', () => {
  const { circumstances, rows } = results();
  expect(new Set(rows.map(({ part }) => part))).toEqual(new Set(parts.map(({ name }) => name)));
  for (const { part, median, least, most, values } of rows) {
    // A process may be too short-lived for its memory to be seen in every run.
    if (part !== 'memory') expect(values).toHaveLength(circumstances.runs);
    expect({ least, most }).toEqual({ least: Math.min(...values), most: Math.max(...values) });
    expect(values).toContain(median);
  }
});

test('docs/performance.md says of each row what limits it', () => {
  const explained = ['transfer', 'later-passes', 'downtime'];
  const names = results().rows.flatMap(({ part, name }) => (explained.includes(part) ? [name] : []));
  expect(names.length).toBeGreaterThan(0);
  const limits = page().split('What limits them').slice(1).join('\n');
  for (const name of new Set(names)) expect(limits).toContain(`- **${name}**: `);
});

test('values that come run by run are gathered by what they are', () => {
  const rows = new Rows();
  for (const value of [3, 1, 2]) {
    rows.add({ memory: 64, name: 'one', unit: 'ms' }, value);
    rows.add({ memory: 64, name: 'other', unit: 'ms' }, value * 1000.06);
  }
  expect(rows.all()).toEqual([
    { memory: 64, name: 'one', unit: 'ms', median: 2, least: 1, most: 3, values: [3, 1, 2] },
    {
      memory: 64,
      name: 'other',
      unit: 'ms',
      median: 2000,
      least: 1000,
      most: 3000,
      values: [3000, 1000, 2000],
    },
  ]);
});

test('what there is too little memory for is left out, and said', () => {
  const workbench = new Workbench({ runs: 1, sizes: [] });
  try {
    vi.spyOn(workbench, 'tell').mockReturnValue();
    const needed = (size: number) => (size < 512 ? 1 : 2 ** 30);
    expect([...workbench.within('transfer', [256, 512, 1024, 300], needed)]).toEqual([256, 300]);
    expect(workbench.notes).toEqual([
      expect.stringMatching(
        /^transfer: 512 MiB is left out: it needs 1048576 GiB, and [\d.]+ [GM]iB are available\.$/,
      ),
      expect.stringMatching(/^transfer: 1 GiB is left out: /),
    ]);
  } finally {
    workbench.close();
  }
});

test('sizes are GiB, and MiB for the parts', () => {
  expect(readOptions(['--sizes', '4,0.25,4', 'transfer'])).toMatchObject({
    sizes: [256, 4096],
    runs: 7,
    parts: [{ name: 'transfer' }],
  });
  expect(readOptions([])).toMatchObject({ sizes: [1024, 2048, 4096], parts });
});

test.for([
  [['elsewhere'], /there is no part 'elsewhere'/],
  [['--sizes', '5'], /whole MiB from 16 to 4096/],
  [['--sizes', '1,'], /whole MiB from 16 to 4096/],
  [['--runs', '0'], /a whole number of 1 or more/],
  [['--write-docs', 'memory'], /has all parts: leave out memory/],
  [['--render', '--runs', '3'], /'--render' cannot be used with option '--runs <N>'/],
] as const)('%j is refused', async ([args, says]) => {
  const { status, stderr } = await bench(args).ended;
  expect(stderr).toMatch(says);
  expect(status).toBe(2);
});

test('a transfer and later passes are measured, in all their rows', async () => {
  const { rows } = await measured(['transfer', 'later-passes', ...SHORT]);
  const named = (part: string) => rows.filter((row) => row.part === part).map(({ name }) => name);
  expect(named('transfer')).toEqual(expect.arrayContaining(['plain copy', 'mig, whole', 'mig, first pass']));
  expect(named('later-passes')).toHaveLength(2 * 6);
  for (const { memory, values } of rows) {
    expect({ memory, runs: values.length }).toEqual({ memory: 64, runs: 2 });
    expect(Math.min(...values)).toBeGreaterThan(0);
  }
}, 180_000);

test('the downtime is measured, with each of its stages', async () => {
  const { rows } = await measured(['downtime', ...SHORT]);
  const [total, ...stages] = rows;
  expect(total).toMatchObject({ name: 'downtime', memory: 64 });
  expect(stages).toHaveLength(6);
  for (const { values } of rows) {
    expect(values).toHaveLength(2);
    expect(Math.min(...values)).toBeGreaterThan(0);
  }
}, 180_000);

test('the stages of a downtime are all of what lies between suspending and destroying', () => {
  const state = (name: string, at: number): TraceRecord => ({ type: 'state', state: name, at });
  const noZeros = {
    zeroPages: undefined,
    octetsSaved: undefined,
    compressedPages: undefined,
    octetsSavedByCompression: undefined,
    compressionLevel: undefined,
  };
  const figures = { iteration: 0, dirtyPages: 0, sentPages: 0, octets: 0, milliseconds: 0, ...noZeros };
  const records: TraceRecord[] = [
    state('sending', 1),
    { type: 'pass', kind: 'precopy', at: 5, ...figures },
    state('suspending', 10),
    state('stop-and-copy', 13),
    { type: 'pass', kind: 'stop-and-copy', at: 17, ...figures },
    state('awaiting-ready', 22),
    state('renaming-away', 28),
    state('giving-permission', 35),
    state('destroying', 43),
    state('completed', 90),
  ];
  expect(stagesOf(records).map(({ milliseconds }) => milliseconds)).toEqual([3, 4, 5, 6, 7, 8]);
});

test('without a C compiler and QEMU it says so, and copies by itself', async () => {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  symlinkSync('/bin/sh', join(programs, 'sh'));
  const { rows, notes } = await measured(['transfer', ...SHORT], { PATH: programs });
  expect(notes).toEqual([
    'No C compiler is installed: the plain copy is our own, in Node.',
    'qemu-system-x86_64 is not installed: there are no rows of QEMU.',
  ]);
  expect(rows.map(({ name }) => name)).toEqual(['plain copy', 'mig, whole', 'mig, first pass']);
}, 180_000);

test.for(['plain copy', 'first pass'])(
  'nothing is left where Ctrl-C comes after %s',
  { timeout: 180_000 },
  async (what) => {
    const program = bench(['transfer', '--sizes', '0.0625', '--runs', '9']);
    await eventually(what, () => program.stderr.includes(what) || undefined);
    // The domain is one of them.
    expect(processesOf(folder).length).toBeGreaterThan(1);
    program.kill('SIGINT');
    expect(await program.ended).toMatchObject({ status: 130 });
    expectNothingLeft();
  },
);
