/**
 * Checks who may run the domain, in every order of events: see docs/reliability.md. `MIG_MODEL=wide` looks
 * further, which takes minutes; `MIG_MODEL=traces` prints how each missing guard shows.
 */
import { describe, expect, it } from 'vitest';
import { expectDocumented } from '../../packages/protocol/src/documents.test-support.js';
import { usual, wider } from '../ownership-model/bounds.js';
import { explore, type Found } from '../ownership-model/explore.js';
import { sentences } from '../ownership-model/invariants.js';
import { mutations } from '../ownership-model/mutations.js';
import { product } from '../ownership-model/rules.js';

const asked = process.env['MIG_MODEL'];

describe('in every order of events the promise holds', () => {
  const seen = new Map<string, Found>();

  it.each(Object.entries(usual))('%s', (name, bounds) => {
    const found = explore(bounds);
    seen.set(name, found);
    expect(found.violation).toBeUndefined();
  });

  it.runIf(asked === 'wide').each(Object.entries(wider))('%s', { timeout: 3_600_000 }, (name, bounds) => {
    const { violation, states, transitions } = explore(bounds);
    console.info(`${name}: ${states} states, ${transitions} transitions`);
    expect(violation).toBeUndefined();
  });

  it('docs/reliability.md says how far that goes', () => {
    const rows = [...seen].map(([name, { states, transitions }]) => [name, states, transitions]);
    expectDocumented('reliability.md', 'bounds of the model', table(['', 'states', 'transitions'], rows));
  });
});

describe('where a guard is missing, the model sees it', () => {
  const shown = new Map<string, readonly string[]>();

  it.each(Object.entries(mutations))('%s', (name, { rules, bounds, breaks }) => {
    const { violation } = explore(bounds, { ...product, ...rules }, breaks);
    if (asked === 'traces') console.info([name, ...(violation?.trace ?? []), sentences[breaks]].join('\n  '));
    expect(violation?.broken).toBe(breaks);
    shown.set(name, violation!.trace);
  });

  it('docs/reliability.md names each', () => {
    const rows = [...shown].map(([name, trace]) => [name, sentences[mutations[name]!.breaks], trace.length]);
    expectDocumented('reliability.md', 'missing guards', table(['without its guard', 'then', 'steps'], rows));
  });
});

function table(heading: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  return [heading, heading.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
