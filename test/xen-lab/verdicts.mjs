/**
 * What came of the cases, as a table.
 * @typedef {object} Verdict
 * @property {string} name
 * @property {boolean} passed
 * @property {string} seconds
 * @property {string} detail
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * A case that nothing was said of has failed.
 * @param {string} out the folder that dom0 wrote to
 * @param {import('./case-files.mjs').Case[]} cases
 * @returns {Verdict[]}
 */
export function readVerdicts(out, cases) {
  const path = join(out, 'verdicts.txt');
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  const found = new Map();
  for (const line of lines) {
    const [, word, name, seconds, detail] = /^(PASS|FAIL) (\S+) ([0-9.]+) ?(.*)$/.exec(line) ?? [];
    if (name !== undefined) found.set(name, { name, passed: word === 'PASS', seconds, detail });
  }
  return cases.map(({ name }) => {
    return (
      found.get(name) ?? { name, passed: false, seconds: '', detail: 'no verdict: the lab ended before' }
    );
  });
}

/** @param {Verdict[]} verdicts */
export function formatTable(verdicts) {
  const rows = [
    ['case', 'verdict', 'seconds', 'detail'],
    ...verdicts.map(({ name, passed, seconds, detail }) => [name, passed ? 'pass' : 'FAIL', seconds, detail]),
  ];
  const widths = [0, 1, 2].map((i) => Math.max(...rows.map((row) => row[i].length)));
  const line = ([name, verdict, seconds, detail]) =>
    `${name.padEnd(widths[0])}  ${verdict.padEnd(widths[1])}  ${seconds.padStart(widths[2])}  ${detail}`.trimEnd();
  return rows.map(line).join('\n');
}
