/**
 * Checks that every option of stock's commands is taken, changes nothing for a reason, or is refused with a reason, and
 * that docs/xl.md says which. stock-options.json is made from stock's binaries by tooling/stock-options.mjs. With
 * MIG_WRITE_DOCS=1 the table is rewritten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { createContext } from '../host/context.js';
import { handlingOf } from '../options/refused-options.js';
import { buildProgram } from '../program.js';

type Commands = Record<string, { readonly named: readonly string[]; readonly unnamed: readonly string[] }>;

const versions = JSON.parse(readFileSync(new URL('stock-options.json', import.meta.url), 'utf8')) as Record<
  string,
  Commands
>;
const program = buildProgram(createContext());

interface StockOption {
  readonly command: string;
  readonly flags: string;
  /** Versions of stock that have it, and whether their help names it. */
  readonly of: { readonly version: string; readonly isNamed: boolean }[];
}

function allOptions(): StockOption[] {
  const all = new Map<string, StockOption>();
  for (const [version, commands] of Object.entries(versions)) {
    for (const [command, { named, unnamed }] of Object.entries(commands)) {
      for (const flags of [...named, ...unnamed]) {
        const key = `${command} ${flags}`;
        if (!all.has(key)) all.set(key, { command, flags, of: [] });
        all.get(key)!.of.push({ version, isNamed: named.includes(flags) });
      }
    }
  }
  return [...all.values()].filter(({ flags }) => !flags.startsWith('-h'));
}

function commandOf(name: string): Command {
  return program.commands.find((each) => each.name() === name)!;
}

/** Finds our option for one of stock's: by its letter, or by its word if it has no letter. */
function ours({ command, flags }: StockOption): Option | undefined {
  const { short, long } = new Option(flags);
  return commandOf(command).options.find((each) =>
    short === undefined ? each.long === long : each.short === short,
  );
}

test('mig has each command that the table names, and the table each command of mig that stock has', () => {
  for (const commands of Object.values(versions)) {
    for (const name of Object.keys(commands)) expect(commandOf(name).name()).toBe(name);
  }
  // Commands of mig alone, and help, which takes no options.
  const own =
    /^(?:cordon|uncordon|evacuate|evacuate-(?:status|pause|continue|abort|worker)|dirty-rate|help|stream|trace|migrate-(?:status|switchover|abort|set))$/;
  for (const { name } of program.commands.map((each) => ({ name: each.name() }))) {
    if (!own.test(name)) expect(Object.keys(versions['4.20']!)).toContain(name);
  }
});

describe.each(allOptions())('$command $flags', (option) => {
  test('is taken as stock takes it, or has a reason', () => {
    const mine = ours(option);
    expect(mine).toBeDefined();
    const theirs = new Option(option.flags);
    expect(mine!.required).toBe(theirs.required);
    if (theirs.long !== undefined) expect(mine!.long).toBe(theirs.long);
    const handling = handlingOf(mine!);
    if (handling === undefined) expect(mine!.hidden).toBe(false);
    else expect(handling.why).toMatch(/\w/);
  });
});

function row(option: StockOption): string {
  const handling = handlingOf(ours(option)!);
  const here =
    handling === undefined
      ? 'taken'
      : `${handling.kind === 'refused' ? 'refused' : 'changes nothing'}: ${handling.why}`;
  const of = option.of.map(({ version, isNamed }) => (isNamed ? version : `${version} (not in its help)`));
  const same = option.of.length === 2 && option.of[0]!.isNamed === option.of[1]!.isNamed;
  const stock = same ? (option.of[0]!.isNamed ? 'both' : 'both, not in its help') : of.join(', ');
  return `| \`${option.command} ${option.flags.replace('<value>', 'VALUE')}\` | ${stock} | ${here} |`;
}

test('docs/xl.md has the table', () => {
  const path = fileURLToPath(new URL('../../../../docs/xl.md', import.meta.url));
  const text = readFileSync(path, 'utf8');
  const table = ['| option | stock 4.17, 4.20 | mig |', '| --- | --- | --- |', ...allOptions().map(row)].join(
    '\n',
  );
  const place = /(?<=<!-- stock options -->\n)[^]*?(?=\n<!-- \/stock options -->)/;
  expect(text).toMatch(place);
  if (process.env['MIG_WRITE_DOCS'])
    writeFileSync(
      path,
      text.replace(place, () => table),
    );
  else expect(place.exec(text)![0]).toBe(table);
});
