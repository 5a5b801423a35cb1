/**
 * Checks the shipped schema of `xl trace show --json`, which is generated from the record kinds. With
 * MIG_WRITE_DOCS=1 it is rewritten.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { traceKinds } from '@mig/trace';
import { expect, test } from 'vitest';
import { failed, sample } from '../report/sample.test-support.js';
import { faultsIn } from '../view/events-schema.test-support.js';
import { recordJson } from './record-json.js';
import { TRACE_EVENTS_VERSION } from './show.js';

const path = new URL('../../schema/trace-show.schema.json', import.meta.url);

const forms: Readonly<Record<string, object>> = {
  count: { type: 'integer', minimum: 0 },
  number: { type: 'number' },
  date: { type: 'number', description: 'milliseconds since 1970' },
  text: { type: 'string' },
  texts: { type: 'array', items: { type: 'string' } },
  pairs: {
    type: 'object',
    additionalProperties: { anyOf: [{ type: 'string' }, { type: 'number' }, { type: 'boolean' }] },
  },
};

/** The schema of a field by its word in docs/formats.md; a word of a few is shown as such, not as its number. */
function formOf(kind: string): object {
  return forms[kind] ?? { enum: kind.split(', ').map((each) => each.replace(/^\d+ /, '')) };
}

function eventOf(event: string, what: string, fields: Record<string, object>, optional: string[] = []) {
  const properties = { event: { const: event }, ...fields };
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', description: what, properties, required };
}

const at = { type: 'number', description: 'milliseconds since the trace began' };

function recordEvent(type: string, { what, fields }: { what: string; fields: object }) {
  const kinds = Object.entries(fields as Record<string, { kind: string }>);
  const optional = kinds.filter(([, { kind }]) => kind.endsWith(' or nil')).map(([name]) => name);
  const runs = {
    type: 'array',
    description: 'runs of dirty pages: the first pfn and the count of each',
    items: { type: 'array', minItems: 2, maxItems: 2, items: { type: 'integer', minimum: 0 } },
  };
  const shown = kinds.map(([name, { kind }]): [string, object] =>
    kind === 'bitmap' ? ['dirty', runs] : [name, formOf(kind.replace(/ or nil$/, ''))],
  );
  return eventOf(type, what, { at, ...Object.fromEntries(shown) }, optional);
}

const place = { type: 'integer', minimum: 0 };
const events = [
  eventOf('schema', 'the first line', {
    of: { const: 'xl trace show' },
    version: { const: TRACE_EVENTS_VERSION },
  }),
  ...Object.entries(traceKinds).map(([type, row]) => recordEvent(type, row)),
  eventOf('unknown', 'a record of a later version of mig', { at, number: place }),
  eventOf(
    'end',
    'the last line',
    {
      trace: { enum: ['whole', 'torn', 'damaged'] },
      finished: { type: 'boolean', description: 'whether the migration had ended' },
      offset: { ...place, description: 'of what is incomplete or damaged' },
      octets: { ...place, description: 'of an incomplete record' },
      code: { type: 'string' },
      message: { type: 'string' },
    },
    ['offset', 'octets', 'code', 'message'],
  ),
];

test('the schema is that of the record kinds', () => {
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: `xl trace show --json, version ${TRACE_EVENTS_VERSION}: a line`,
    description:
      'Within the version events and fields may be added: ignore those that you do not know. docs/formats.md has the records.',
    oneOf: events.map(({ properties }) => ({
      $ref: `#/$defs/${properties.event.const}`,
    })),
    $defs: Object.fromEntries(events.map((each) => [each.properties.event.const, each])),
  };
  if (process.env['MIG_WRITE_DOCS'] === '1') writeFileSync(path, `${JSON.stringify(schema, undefined, 2)}\n`);
  else expect(JSON.parse(readFileSync(path, 'utf8')), 'MIG_WRITE_DOCS=1 writes it').toEqual(schema);
});

test('every record is as the schema says', () => {
  const lines = [...sample, ...failed].map(
    (record) => JSON.parse([...recordJson(record)].join('')) as object,
  );
  expect(lines.flatMap(faultsIn('trace-show'))).toEqual([]);
  expect(faultsIn('trace-show')({ event: 'state', at: 1 })).not.toEqual([]);
});
