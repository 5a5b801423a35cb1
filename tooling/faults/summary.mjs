// Summary of many cases: by the source's state, and by what happened.
import { sourceTable, targetTable } from '@mig/protocol/handshake';
import { describeCase } from './strata.mjs';

/** @import { Seen, Skipped } from './scene.mjs' */
/** @import { Case, Fault } from './strata.mjs' */
/** @import { Result } from './worker.mjs' */

/** @typedef {Map<string, number>} Counts how often each came */

const lineFaults = {
  cut: 'the line is cut',
  truncate: 'one direction of the line ends',
  deafen: 'one direction of the line is not read any more',
  stall: 'the line is dead without notice',
  corrupt: 'a byte is changed',
  inject: 'bytes are inserted',
  wait: 'no fault of line or process',
};

/** @type {Readonly<Partial<Record<NodeJS.Signals, string>>>} */
const signals = {
  SIGKILL: 'killed',
  SIGTERM: 'SIGTERM',
  SIGINT: 'SIGINT',
  SIGHUP: 'SIGHUP',
  SIGSTOP: 'stopped for a while',
};

/** @param {Case} it */
function wordsOf({ fault, operator }) {
  if (operator === undefined) return wordsOfFault(fault);
  return `operator at the ${operator.end}: ${operator.command}`;
}

/** @param {Fault} fault */
function wordsOfFault(fault) {
  if (fault.kind !== 'kill') return lineFaults[fault.kind];
  const { victim, signals: sent, forEver } = fault;
  const what = sent.length > 1 ? `${sent[0]} twice` : signals[sent[0]];
  return `${victim} ${forEver === true ? 'stopped for good' : what}`;
}

/**
 * The end of a case: the source's outcome by name, and the domain at either end.
 * @param {Seen | Skipped | undefined} seen
 */
function endOf(seen) {
  if (seen === undefined) return 'the case itself failed';
  if (seen.skipped !== undefined) return 'not possible on this machine';
  const { last, status, hosts } = seen;
  const end = last?.event === 'failed' ? (last.outcome ?? 'refused') : (last?.event ?? `ended by ${status}`);
  const there = [hosts.source, hosts.target].map((domains) =>
    domains.length === 0 ? 'none' : domains.map(({ name, state }) => wordOf(name, state)).join(' and '),
  );
  return `${end}: ${there.join(' / ')}`;
}

/** @param {string} name @param {string} state */
const wordOf = (name, state) => (name === 'busy' ? state : `${state}, ${name.replace('busy--', '')}`);

/** States in which the target may have failed: it reports them in words only. */
const targetWords = {
  'Ready to receive': 'restoring',
  'Transfer complete': 'awaiting-permission',
  'Got permission': 'starting',
  'Domain started': 'completed',
  'Failure, destroying': 'destroying-copy',
  'Cleanup OK': 'given-back',
};

export class Summary {
  cases = 0;
  /** Number of cases that were repeated with longer timeouts. */
  again = 0;
  /** @type {{ it: Case, violations: string[] }[]} */
  #bad = [];
  /** @type {Map<string, Counts>} */
  #rows = new Map();
  /** @type {Counts} */
  #source = new Map();
  /** @type {Counts} */
  #target = new Map();
  #longest = 0;
  #operators = 0;
  /** @type {string[]} */
  #skipped = [];

  /** @param {number} seed */
  constructor(seed) {
    this.seed = seed;
  }

  get clean() {
    return this.#bad.length === 0;
  }

  /** @param {Case} it @param {Result} result */
  add(it, { seen, violations, again }) {
    this.cases++;
    if (again === true) this.again++;
    if (it.operator !== undefined) this.#operators++;
    if (violations.length > 0) this.#bad.push({ it, violations });
    const [state] = it.point.source;
    const row = `${state}\n${wordsOf(it)}`;
    const ends = this.#rows.get(row) ?? new Map();
    this.#rows.set(row, ends);
    increment(ends, endOf(seen));
    if (seen?.skipped !== undefined) this.#skipped.push(`${it.index}: ${seen.skipped}`);
    if (seen === undefined || seen.skipped !== undefined) return;
    this.#longest = Math.max(this.#longest, seen.seconds);
    increment(this.#source, seen.last?.event === 'complete' ? 'completed' : (seen.last?.state ?? 'killed'));
    const said = Object.entries(targetWords).findLast(([text]) => seen.stderr.includes(text));
    increment(this.#target, said?.[1] ?? 'greeting');
  }

  /** The table in docs/reliability.md. */
  table() {
    const states = Object.keys(sourceTable);
    const cells = [...this.#rows].map(([row, ends]) => {
      const [state = '', what] = row.split('\n');
      return { state, what, ends };
    });
    cells.sort((a, b) => states.indexOf(a.state) - states.indexOf(b.state));
    /** @param {Counts} ends */
    const counted = (ends) => [...ends].map(([end, count]) => `${end} (${count})`).join('<br>');
    return [
      '| source is in | what happens | source’s outcome: what is at the source / at the target (cases) |',
      '| --- | --- | --- |',
      ...cells.map(({ state, what, ends }) => `| \`${state}\` | ${what} | ${counted(ends)} |`),
    ].join('\n');
  }

  /** @param {number} seconds that the campaign took */
  text(seconds) {
    /** @type {(table: object, counts: Counts) => string} */
    const states = (table, counts) =>
      Object.keys(table)
        .map((state) => `${state} ${counts.get(state) ?? 0}`)
        .join(', ');
    return [
      this.table().replaceAll('<br>', '; '),
      '',
      `the source ended in: ${states(sourceTable, this.#source)}, killed ${this.#source.get('killed') ?? 0}`,
      `the target said last that it was in: ${states(targetTable, this.#target)}`,
      ...this.#bad.flatMap(({ it, violations }) => [
        '',
        `${it.index}  ${describeCase(it)}`,
        ...violations.map((each) => `    ${each}`),
        `    again: pnpm faults --seed ${this.seed} --only ${it.index} --verbose`,
      ]),
      '',
      ...this.#skipped.map((each) => `not performed: ${each}`),
      `${this.cases} cases, of which ${this.#operators} play an operator, ${this.#bad.length} with violations, in ${seconds.toFixed(0)} s; ` +
        `at most ${this.#longest.toFixed(1)} s from the fault to the end; ${this.again} performed again with more timeout`,
    ].join('\n');
  }
}

/** @param {Counts} counts @param {string} key */
function increment(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
