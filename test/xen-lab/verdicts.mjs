/**
 * The results of the cases, as a table.
 * @typedef {object} Verdict
 * @property {string} name
 * @property {boolean} passed
 * @property {boolean} ran whether it came to its end, or at least to its limit
 * @property {string} seconds
 * @property {string} detail
 * @property {string} [first] of a second try: why the first one failed
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Reads the verdicts; a case without one has failed.
 * @param {string} out the folder that dom0 wrote to
 * @param {import('./case-files.mjs').Case[]} cases
 * @returns {Verdict[]}
 */
export function readVerdicts(out, cases) {
  const path = join(out, 'verdicts.txt');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  /** @type {Map<string, Verdict>} */
  const found = new Map();
  for (const line of lines) {
    const [, word, name, seconds = '', detail = ''] = /^(PASS|FAIL) (\S+) ([0-9.]+) ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, { name, passed: word === 'PASS', ran: true, seconds, detail });
  }
  const detail = 'no verdict: the lab ended before';
  return cases.map(({ name }) => found.get(name) ?? { name, passed: false, ran: false, seconds: '', detail });
}

/** @param {import('./case-files.mjs').Case[]} cases @param {Verdict[]} verdicts one of each, in any order */
export function inOrder(cases, verdicts) {
  return cases.flatMap(({ name }) => verdicts.find((verdict) => verdict.name === name) ?? []);
}

/**
 * @param {Verdict[]} verdicts
 * @param {Verdict[]} second of those that failed; these count, and are marked
 */
export function secondTries(verdicts, second) {
  return verdicts.map((first) => {
    const other = second.find(({ name }) => name === first.name);
    return other === undefined ? first : { ...other, first: first.detail };
  });
}

/** @param {Verdict[]} verdicts */
export function formatTable(verdicts) {
  const rows = [
    { name: 'case', verdict: 'verdict', seconds: 'seconds', detail: 'detail' },
    ...verdicts.map((each) => ({
      ...{ name: each.name, verdict: word(each) },
      ...{ seconds: each.seconds, detail: details(each) },
    })),
  ];
  /** @param {'name' | 'verdict' | 'seconds'} column */
  const width = (column) => Math.max(...rows.map((row) => row[column].length));
  const widths = { name: width('name'), verdict: width('verdict'), seconds: width('seconds') };
  const lines = rows.map(({ name, verdict, seconds, detail }) =>
    `${name.padEnd(widths.name)}  ${verdict.padEnd(widths.verdict)}  ${seconds.padStart(widths.seconds)}  ${detail}`.trimEnd(),
  );
  return lines.join('\n');
}

/** @param {Verdict} verdict */
function word({ passed, first }) {
  return `${passed ? 'pass' : 'FAIL'}${first === undefined ? '' : ', second try'}`;
}

/** @param {Verdict} verdict */
function details({ detail, first }) {
  return first === undefined ? detail : `${detail} (the first try failed: ${first})`;
}
