/** The shipped schema of `xl migrate --json`, made strict: what it does not mention is wrong. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = Record<string, unknown> & { $defs: Record<string, unknown> };

export const schema = JSON.parse(
  readFileSync(new URL('../../schema/migrate-events.schema.json', import.meta.url), 'utf8'),
) as Schema;

const ajv = new Ajv2020({ allErrors: true });
const lenient = ajv.compile(schema);
const strict = ajv.compile(closed(schema) as Schema);

/** What is wrong with a line. */
export function faultsOf(line: unknown): string[] {
  const faults = [lenient, strict].flatMap((validate) =>
    validate(line) ? [] : [ajv.errorsText(validate.errors)],
  );
  return faults.map((fault) => `${JSON.stringify(line)}: ${fault}`);
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return 'properties' in value ? { ...inner, additionalProperties: false } : inner;
}
