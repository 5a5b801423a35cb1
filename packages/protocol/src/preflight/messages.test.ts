import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_CONFIGURATION } from '../limits.js';
import { checkTable, passed, verdictOf } from './checks.js';
import {
  decodeAnswer,
  decodeQuestion,
  encodeAnswer,
  encodeQuestion,
  LONGEST_SENTENCE,
  MAX_ANSWER,
  MAX_QUESTION,
  MOST_CHECKS,
  MOST_LEAVES,
  type PreflightQuestion,
} from './messages.js';

const word = fc.integer({ min: 0, max: 2 ** 32 - 1 });
const leaf = fc.record({ leaf: word, subleaf: word, a: word, b: word, c: word, d: word });
const msr = fc.record({ index: word, flags: word, value: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }) });
const cpuPolicy = fc.record({ leaves: fc.array(leaf), msrs: fc.array(msr) });
const xen = fc.record({ major: word, minor: word, cpuPolicy }, { requiredKeys: ['major', 'minor'] });
const question: fc.Arbitrary<PreflightQuestion> = fc.record(
  {
    configuration: fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    host: fc.string(),
    xen,
  },
  { requiredKeys: ['configuration'] },
);

describe('a question', () => {
  test('comes out as it went in', () => {
    fc.assert(
      fc.property(question, (asked) => {
        expect(decodeQuestion(encodeQuestion(asked))).toEqual(asked);
      }),
    );
  });

  test('has no end of a line in it', () => {
    fc.assert(
      fc.property(question, (asked) => {
        expect(encodeQuestion(asked)).not.toContain('\n');
      }),
    );
  });

  test('what a later mig adds is passed over', () => {
    const line = '{"version":1,"configuration":"{}","more":[1],"xen":{"major":4,"minor":20,"more":{}}}';
    expect(decodeQuestion(line)).toEqual({ configuration: '{}', xen: { major: 4, minor: 20 } });
  });

  const row = '[0,0,0,0,0,0]';
  test.each([
    ['', 'is not JSON'],
    ['[]', 'is not a JSON object'],
    ['{}', 'is not of version 1'],
    ['{"version":2,"configuration":"{}"}', 'is not of version 1'],
    ['{"version":1}', 'has no configuration'],
    ['{"version":1,"configuration":{}}', 'has no configuration'],
    [`{"version":1,"configuration":"${'x'.repeat(MAX_CONFIGURATION + 1)}"}`, /^has a configuration of more/],
    ['{"version":1,"configuration":"{}","host":1}', 'names a host that is no text'],
    ['{"version":1,"configuration":"{}","xen":4}', 'has xen that is no object'],
    ['{"version":1,"configuration":"{}","xen":{"major":"4","minor":20}}', /^has xen.major that is no/],
    ['{"version":1,"configuration":"{}","xen":{"major":4,"minor":-1}}', /^has xen.minor that is no/],
    [policyLine('[]', '{}'), 'has a processor that is none'],
    [policyLine('[[0,0,0,0,0]]', '[]'), 'has a processor that is none'],
    [policyLine('[[0,0,0,0,0,1.5]]', '[]'), /^has a CPUID leaf that is no/],
    [policyLine('[]', '[[0,0,1]]'), 'has an MSR without a value'],
    [policyLine('[]', '[[0,0,"10000000000000000"]]'), 'has an MSR without a value'],
    [
      policyLine(
        `[${Array(MOST_LEAVES + 1)
          .fill(row)
          .join()}]`,
        '[]',
      ),
      /^has a processor with more than/,
    ],
    ['['.repeat(9), 'is nested deeper than 8'],
    [`{"a":"${'x'.repeat(MAX_QUESTION)}"}`, `has more than ${MAX_QUESTION} bytes`],
  ])('is refused: %.60s', (line, problem) => {
    expect(() => decodeQuestion(line)).toThrow(problem);
  });

  function policyLine(leaves: string, msrs: string): string {
    return `{"version":1,"configuration":"{}","xen":{"major":4,"minor":20,"cpuPolicy":{"leaves":${leaves},"msrs":${msrs}}}}`;
  }

  test('as many leaves as are taken are taken', () => {
    const leaves = Array.from({ length: MOST_LEAVES }, () => ({
      leaf: 0,
      subleaf: 0,
      a: 0,
      b: 0,
      c: 0,
      d: 0,
    }));
    const asked = { configuration: '{}', xen: { major: 4, minor: 20, cpuPolicy: { leaves, msrs: [] } } };
    expect(decodeQuestion(encodeQuestion(asked))).toEqual(asked);
  });

  test('one that no target would take is not made', () => {
    expect(() => encodeQuestion({ configuration: '"'.repeat(MAX_QUESTION / 2) })).toThrow(/^has more than/);
  });
});

describe('an answer', () => {
  const outcome = fc.constantFrom('passed' as const, 'failed' as const, 'unknown' as const);
  const check = fc.record({
    check: fc.constantFrom(...Object.keys(checkTable), 'of-a-newer-mig'),
    outcome,
    sentence: fc.string({ maxLength: LONGEST_SENTENCE }),
  });

  test('comes out as it went in', () => {
    const answer = fc.array(check, { maxLength: MOST_CHECKS });
    fc.assert(
      fc.property(answer, (checks) => {
        expect(decodeAnswer(encodeAnswer(checks))).toEqual(checks);
      }),
    );
  });

  test('what is too long for it is cut, and what is made is taken', () => {
    const long = passed('name', 'x'.repeat(LONGEST_SENTENCE + 1));
    const checks = decodeAnswer(encodeAnswer(Array(MOST_CHECKS + 1).fill(long)));
    expect(checks).toHaveLength(MOST_CHECKS);
    expect(checks[0]!.sentence).toBe(`${'x'.repeat(LONGEST_SENTENCE - 1)}…`);
  });

  const one = (text: string) => `{"version":1,"checks":[${text}]}`;
  test.each([
    ['{"version":2,"checks":[]}', 'is not of version 1'],
    ['{"version":1}', 'has no checks'],
    [one('1'), 'has a check that is no object'],
    [one('{"outcome":"passed","sentence":""}'), 'has a check without a name'],
    [one('{"check":"A b","outcome":"passed","sentence":""}'), 'has a check without a name'],
    [one('{"check":"name","outcome":"fine","sentence":""}'), 'has an outcome of name that there is not'],
    [one('{"check":"name","outcome":"passed"}'), 'does not say what was found of name'],
    [
      one(`{"check":"name","outcome":"passed","sentence":"${'x'.repeat(501)}"}`),
      /^says more of name than 500/,
    ],
    [
      one(
        Array(MOST_CHECKS + 1)
          .fill('1')
          .join(),
      ),
      `has more than ${MOST_CHECKS} checks`,
    ],
    [' '.repeat(MAX_ANSWER + 1), `has more than ${MAX_ANSWER} bytes`],
  ])('is refused: %.60s', (line, problem) => {
    expect(() => decodeAnswer(line)).toThrow(problem);
  });
});

test.each([
  [['passed', 'passed'], 'passed'],
  [['passed', 'unknown'], 'unknown'],
  [['unknown', 'failed', 'passed'], 'failed'],
  [[], 'passed'],
] as const)('%j together are %s', (outcomes, verdict) => {
  expect(verdictOf(outcomes.map((outcome) => ({ outcome })))).toBe(verdict);
});
