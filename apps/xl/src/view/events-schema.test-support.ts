/** The published schemas of what `--json` prints, as they are and made strict: allowing no unmentioned field. */
import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';

type Schema = Record<string, unknown> & { $defs: Record<string, unknown> };

export const schema = read('migrate-events');

const ajv = new Ajv2020({ allErrors: true, strict: true });

/** Finds the faults of a line of `xl migrate --json`. */
export const faultsOf = faultFinder(schema);

/** Finds the faults of what a command printed. @param name of the schema, such as `migrate-check` */
export function faultsIn(name: string): (value: unknown) => string[] {
  return faultFinder(read(name));
}

function read(name: string): Schema {
  const path = new URL(`../../schema/${name}.schema.json`, import.meta.url);
  return JSON.parse(readFileSync(path, 'utf8')) as Schema;
}

function faultFinder(shipped: Schema): (value: unknown) => string[] {
  const [lenient, strict] = [ajv.compile(shipped), ajv.compile(closed(shipped) as Schema)];
  return (value) => {
    const faults = [lenient, strict].flatMap((validate) =>
      validate(value) ? [] : [ajv.errorsText(validate.errors)],
    );
    return faults.map((fault) => `${JSON.stringify(value)}: ${fault}`);
  };
}

function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, each]) => [name, closed(each)]));
  return 'properties' in value ? { additionalProperties: false, ...inner } : inner;
}
