/** Holds docs/xl.md against the program: every command and option is in it, and no other. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { descendants, describeProgram } from '../tooling/manual/commands.mjs';

const document = readFileSync(new URL('../docs/xl.md', import.meta.url), 'utf8');
const program = describeProgram();
const commands = descendants(program);

/** Options of other programs that the page speaks of, and the end of a domain's name. */
const OTHERS = ['--take-xl', '--migratedaway'];

/** The paragraphs, table rows and list items of the page, each on one line. */
const blocks = document
  .replace(/^```.*?^```|\]\([^)]*\)/gms, '')
  .split(/\n\n|\n(?=[|-])/)
  .map((block) => block.replaceAll('\n', ' '));
const optionRows = blocks.filter((block) => block.startsWith('| `-'));
const globalRows: readonly string[] =
  document.slice(0, document.indexOf('## Domains')).match(/^\| `-.*/gm) ?? [];
const commandRows = document
  .split(/\n\n/)
  .filter((table) => table.startsWith('| command |'))
  .flatMap((table) => table.split('\n').slice(2));

/** The blocks that begin with a command, and of `migrate` the tables of its options. */
function about(path: string): string {
  const begins = new RegExp(`^(?:\\| .*\`|- \`xl |\\*\\*)${path}(?=[ \`*,\\]])`);
  const own = blocks.filter((block) => begins.test(block.split(' | ', 1)[0] ?? ''));
  const rows = path === 'migrate' ? optionRows.filter((row) => !globalRows.includes(row)) : [];
  return [...own, ...rows].join('\n');
}

function mentioned(text: string): string[] {
  const spelled = text.replace(/--\[no-\]([a-z-]+)/g, '--$1 --no-$1');
  return spelled.match(/(?<![\w-])--?[a-zA-Z][a-z-]*/g) ?? [];
}

test.each(commands.filter(({ commands: below }) => below.length === 0))(
  'xl.md has $path and its options',
  ({ path, options }) => {
    const text = about(path);
    expect(text, `docs/xl.md does not have ${path}`).not.toBe('');
    const said = new Set(mentioned(text));
    const lacking = options.filter(({ names }) => !names.some((name) => said.has(name)));
    expect(
      lacking.map(({ names }) => names.join(', ')),
      `docs/xl.md does not have these options of ${path}`,
    ).toEqual([]);
  },
);

test('xl.md has the options before the command, and no other', () => {
  expect(globalRows.flatMap((row) => mentioned(row.split(' | ', 1)[0] ?? ''))).toEqual(
    expect.arrayContaining(program.options.flatMap(({ names }) => names)),
  );
  expect(globalRows).toHaveLength(program.options.length);
});

test('xl.md has no command that there is none of', () => {
  const names = commandRows.flatMap((row) => {
    const [cell = ''] = row.split(/ \| /, 1);
    return [...cell.matchAll(/`([a-z][a-z-]*)/g)].map(([, name]) => name);
  });
  expect(names.filter((name) => !program.commands.some((command) => command.name === name))).toEqual([]);
});

test('xl.md has no option that there is none of', () => {
  const known = new Set([
    ...[program, ...commands].flatMap(({ options, hidden }) => [
      ...options.flatMap(({ names }) => names),
      ...hidden,
    ]),
    ...OTHERS,
  ]);
  const long = blocks.flatMap(mentioned).filter((name) => name.startsWith('--'));
  const first = optionRows.flatMap((row) => mentioned(row.split(' | ', 1)[0] ?? ''));
  expect([...new Set([...long, ...first])].filter((name) => !known.has(name))).toEqual([]);
});
