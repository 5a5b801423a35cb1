/**
 * Checks the settings of precopy in the documents: each table between `<!-- settings -->` and `<!--
 * /settings -->` is generated from the rows. With MIG_WRITE_DOCS=1 the tables are rewritten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  optionOf,
  settingNames,
  settingRow,
  type SettingName,
  variableOf,
  wireNameOf,
} from '@mig/sender/policy';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

/** The cell of an option, such as "`-i N`, `--precopy-iterations N`". */
function optionCell(name: SettingName): string {
  const row = settingRow(name);
  const option = optionOf(name);
  if (row.kind === 'flag') return `\`${option}\``;
  const value = row.kind === 'word' ? row.choice.join('\\|') : row.argument.toUpperCase();
  return [row.letter && `\`-${row.letter} ${value}\``, `\`${option} ${value}\``].filter(Boolean).join(', ');
}

const units = {
  count: 'a whole number',
  milliseconds: 'milliseconds',
  seconds: 'seconds',
  rate: 'a rate',
  flag: '1 or 0',
};
function unitOf(name: SettingName): string {
  const row = settingRow(name);
  return row.kind === 'word' ? row.choice.map((word) => `\`${word}\``).join(' or ') : units[row.kind];
}

function jsonCell(name: SettingName): string {
  const row = settingRow(name);
  const unit = row.kind === 'word' || row.kind === 'flag' ? undefined : row.unit;
  const wire = wireNameOf(name);
  const said = unit !== undefined && wire.toLowerCase().endsWith(unit);
  return `\`${wire}\`${unit === undefined || said ? '' : ` (${unit})`}`;
}

function variables(): string {
  return [
    '| variable | as | value |',
    '| --- | --- | --- |',
    ...settingNames.map((name) => `| \`${variableOf(name)}\` | \`${optionOf(name)}\` | ${unitOf(name)} |`),
  ].join('\n');
}

const documents: readonly [string, () => string][] = [
  [
    'docs/xl.md',
    () =>
      [
        '| option | |',
        '| --- | --- |',
        ...settingNames.map((name) => `| ${optionCell(name)} | ${settingRow(name).page} |`),
      ].join('\n'),
  ],
  ['docs/policies.md', variables],
  ['apps/xl-save-helper/README.md', variables],
  ['docs/json.md', () => `${settingNames.map(jsonCell).join(', ')}.`],
];

test.for(documents)('%s has every setting', ([path, made]) => {
  const text = readFileSync(root + path, 'utf8');
  const [whole, , inside] = /(<!-- settings -->\n)(.*?)\n<!-- \/settings -->/s.exec(text) ?? [];
  if (process.env['MIG_WRITE_DOCS'] && whole !== undefined) {
    writeFileSync(root + path, text.replace(whole, `<!-- settings -->\n${made()}\n<!-- /settings -->`));
  } else {
    expect(inside, 'MIG_WRITE_DOCS=1 pnpm test test/settings-documents.test.ts writes it').toBe(made());
  }
});
