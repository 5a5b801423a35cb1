/** Generates the tables of record kinds in docs/formats.md from the rows. */
import { imageKinds, libxlKinds } from './index.js';
import { tolerated } from './layer/deviations.js';
import type { RecordKind, Verdict } from './layer/record-kind.js';

type Row = Pick<
  RecordKind<string, never, never, never>,
  'number' | 'name' | 'about' | 'section' | 'channel' | 'body' | 'after' | 'notAfter' | 'once'
>;

const words: Readonly<Record<Verdict, string>> = { right: 'yes', wrong: 'wrong', refused: 'refused' };

function size(octets: number): string {
  return octets >= 2 ** 20 ? `${octets / 2 ** 20} MiB` : `${octets / 2 ** 10} KiB`;
}

function conditions(row: Row): string {
  const after = (row.after ?? []).map(({ record, verdict, guest }) => {
    const how = verdict === 'wrong' || verdict === 'refused' ? verdict : 'tolerated';
    const who = guest === undefined ? '' : `, ${guest === 'x86-pv' ? 'PV' : 'HVM'}`;
    return `after ${record} (else ${how}${who})`;
  });
  const { notAfter } = row;
  const before = notAfter === undefined ? [] : [`before any vcpu (else ${notAfter.verdict})`];
  return [...after, ...before, ...(row.once === true ? ['once (else refused)'] : [])].join('; ');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

export function imageTable(): string {
  const head = [
    'no.',
    'record',
    'what',
    'guests',
    'static data',
    'memory and registers',
    'order',
    'body at most',
  ];
  const rows = Object.values(imageKinds).map((kind) => [
    `0x${kind.number.toString(16).padStart(2, '0')}`,
    kind.name,
    kind.about,
    kind.guests.map((guest) => (guest === 'x86-pv' ? 'PV' : 'HVM')).join(', ') || 'none',
    words[kind.phases['static-data']],
    words[kind.phases.content],
    conditions(kind) || (kind.channel === 'back' ? 'target to source only' : ''),
    size(kind.body.maximum),
  ]);
  return table(head, rows);
}

export function libxlTable(): string {
  const head = ['no.', 'record', 'what', 'before the image', 'after it', 'body at most'];
  const rows = Object.values(libxlKinds).map((kind) => [
    `0x${kind.number.toString(16).padStart(2, '0')}`,
    kind.name,
    kind.about,
    words[kind.phases['before-image']],
    words[kind.phases['after-image']],
    size(kind.body.maximum),
  ]);
  return table(head, rows);
}

export function deviationsTable(): string {
  const rows = Object.entries(tolerated).map(([name, specification]) => [`\`${name}\``, specification]);
  return table(['name', 'what the specification has, and why it is let be'], rows);
}
