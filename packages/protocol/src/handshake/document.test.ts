import { expect, it } from 'vitest';
import { expectDocumented } from '../documents.test-support.js';
import { commandTable, holderTable, sourceTable, standings, targetTable } from './index.js';

type Table = Readonly<Record<string, { readonly next: object }>>;

/** Writes a Mermaid state diagram. */
function diagram(table: Table): string {
  const lines = Object.entries(table).flatMap(([state, { next }]) => {
    const ways = Object.entries(next as Record<string, string>);
    if (ways.length === 0) return [`    ${id(state)} --> [*]`];
    return ways.map(([event, to]) => `    ${id(state)} --> ${id(to)}: ${event}`);
  });
  const [first] = Object.keys(table);
  const names = Object.keys(table).map((state) => `    state "${state}" as ${id(state)}`);
  return ['```mermaid', 'stateDiagram-v2', ...names, `    [*] --> ${id(first!)}`, ...lines, '```'].join('\n');
}

/** Turns a state into an identifier: Mermaid allows no hyphens there. */
function id(state: string): string {
  return state.replaceAll('-', '_');
}

function rows(heading: string[], cells: string[][]): string {
  return [heading, heading.map(() => '---'), ...cells].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

const sourceOutcomes = rows(
  [
    'source is in',
    'when it fails there, the source has',
    'when its process dies there',
    'the target has',
    'the operator is told',
  ],
  Object.entries(sourceTable).map(([state, row]) => [
    `\`${state}\``,
    row.onFailure,
    row.ifKilled,
    row.targetOnFailure,
    row.says,
  ]),
);

const targetOutcomes = rows(
  ['target is in', 'when it fails there, the target has', 'the source has', 'the operator is told'],
  Object.entries(targetTable).map(([state, row]) => [
    `\`${state}\``,
    row.onFailure,
    row.sourceOnFailure,
    row.says,
  ]),
);

const commands = rows(
  ['command', ...standings.map((standing) => `\`${standing}\``)],
  Object.entries(commandTable).map(([command, row]) => [
    `\`${command}\``,
    ...standings.map((standing) => (row[standing] === 'does' ? 'does' : `*${row[standing]}*`)),
  ]),
);

const holder = rows(
  ['its holder may', ...standings.map((standing) => `\`${standing}\``)],
  Object.entries(holderTable).map(([act, row]) => [
    act,
    ...standings.map((standing) => {
      const move = row[standing];
      if (move === undefined) return '';
      return move.changesEpoch === true ? `${move.to}, new epoch` : move.to;
    }),
  ]),
);

it.each([
  ['source diagram', diagram(sourceTable)],
  ['source outcomes', sourceOutcomes],
  ['target diagram', diagram(targetTable)],
  ['target outcomes', targetOutcomes],
  ['commands', commands],
  ['holder', holder],
])('docs/handshake.md has the %s that the code runs from', (part, generated) => {
  expectDocumented('handshake.md', part, generated);
});

it('past permission to go, no failure at the source lets it run the domain', () => {
  const past = ['awaiting-report', 'awaiting-permission-back', 'destroying', 'completed'] as const;
  for (const state of past)
    expect(['unknown', 'destroy-failed', 'destroyed']).toContain(sourceTable[state].onFailure);
});
