/** Formats a row as a line of the table. */
import type { Row } from './row.js';

export const HEADING = line('layer', 'index', 'offset', 'type', 'length', 'content');

/** Most characters of content: `--json` shows long lists. */
const MAX_CONTENT = 160;

export function rowText(row: Row): string {
  const { layer, index, type, typeId, offset, length } = row;
  const name = type === 'optional' || type === 'malformed' ? `${type} 0x${(typeId ?? 0).toString(16)}` : type;
  return line(
    layer,
    index === null ? '-' : String(index),
    String(offset),
    name,
    String(length),
    content(row),
  );
}

function line(
  layer: string,
  index: string,
  offset: string,
  type: string,
  length: string,
  summary: string,
): string {
  const place = `${layer.padEnd(9)} ${index.padStart(7)} ${offset.padStart(14)}`;
  return `${place}  ${type.padEnd(25)} ${length.padStart(9)}  ${summary}`.trimEnd();
}

function content({ type, fields }: Row): string {
  const text = type === 'PAGE_DATA' && 'present' in fields ? pagesText(fields) : fieldsText(fields);
  return text.length > MAX_CONTENT ? `${text.slice(0, MAX_CONTENT - 3)}...` : text;
}

function pagesText(fields: Row['fields']): string {
  const { count, present, first, last, types } = fields as {
    count: number;
    present: number;
    first: number;
    last: number;
    types: Record<string, number>;
  };
  const kinds = Object.entries(types).map(([name, each]) => `${name} ${each}`);
  return `${count} pfns ${first}..${last}, ${present} pages: ${kinds.join(', ')}`;
}

function fieldsText(fields: Row['fields']): string {
  return Object.entries(fields)
    .map(([name, value]) => fieldText(name, value))
    .join(', ');
}

function fieldText(name: string, value: unknown): string {
  if (Array.isArray(value)) return `${name} ${value.length}`;
  if (typeof value !== 'object' || value === null) return `${name} ${String(value)}`;
  if ('octets' in value) return `${name} ${String(value.octets)} bytes`;
  if (name === 'configuration') return `domain ${domainName(value) ?? 'without a name'}`;
  return `${name} {${fieldsText(value as Row['fields'])}}`;
}

function domainName(configuration: object): string | undefined {
  const { c_info: info } = configuration as { c_info?: { name?: unknown } };
  return typeof info?.name === 'string' ? info.name : undefined;
}
