import { expect, test } from 'vitest';
import { estimateTable } from './estimate-table.js';

const ended = (
  code: string,
  decision: 'abort' | 'stop-and-copy',
  sentence = 'the domain is busy (stall): 3',
) => ({
  policy: '--precopy-iterations 20',
  prediction: {
    iterations: 20,
    passes: [],
    totalMilliseconds: 86_399_000,
    downtimeMilliseconds: decision === 'abort' ? undefined : 59_990,
    octets: 1000 * 2 ** 40,
    decision,
    end: { code, sentence },
  },
});

test.for([
  ['busy', 'abort', 'stays here: busy'],
  ['out-of-reach', 'abort', 'stays here: goal out of reach'],
  ['timeout', 'abort', 'stays here: limit: time'],
  ['timeout', 'stop-and-copy', 'limit: time'],
  ['stall', 'stop-and-copy', 'stall: passes gain nothing'],
  ['lull', 'stop-and-copy', 'lull: the domain is busy'],
] as const)('%s, %s reads %s, on a terminal of 100 columns', ([code, decision, words]) => {
  const lines = estimateTable([ended(code, decision)]);
  expect(lines[1]!.endsWith(`  ${words}`)).toBe(true);
  for (const line of lines) expect(line.length).toBeLessThan(100);
});
