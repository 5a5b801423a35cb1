// What came of many cases: by the state that the source was in, and by what happened.
import { sourceTable, targetTable } from '@mig/protocol/handshake';
import { describeCase } from './strata.mjs';

const lineFaults = {
  cut: 'the line is cut',
  truncate: 'one direction of it ends',
  deafen: 'one direction of it is not read any more',
  stall: 'it is dead, and nobody is told',
  corrupt: 'an octet is changed',
  inject: 'octets are put in',
  wait: 'no fault of line or process',
};

const signals = {
  SIGKILL: 'killed',
  SIGTERM: 'SIGTERM',
  SIGINT: 'SIGINT',
  SIGHUP: 'SIGHUP',
  SIGSTOP: 'stopped for a while',
};

function wordsOf({ fault, operator }) {
  if (operator === undefined) return wordsOfFault(fault);
  return `operator at the ${operator.end}: ${operator.command}`;
}

function wordsOfFault({ kind, victim, signals: sent, forEver }) {
  if (kind !== 'kill') return lineFaults[kind];
  const what = sent.length > 1 ? `${sent[0]} twice` : signals[sent[0]];
  return `${victim} ${forEver === true ? 'stopped for good' : what}`;
}

/** How a case ended: the source's outcome by name, and what there is at either end. */
function endOf(seen) {
  if (seen === undefined) return 'the case itself failed';
  if (seen.skipped !== undefined) return 'not possible on this machine';
  const { last, status, hosts } = seen;
  const end = last?.event === 'failed' ? (last.outcome ?? 'refused') : (last?.event ?? `ended by ${status}`);
  const [source, target] = [hosts.source, hosts.target].map((domains) =>
    domains.length === 0 ? 'none' : domains.map(({ name, state }) => wordOf(name, state)).join(' and '),
  );
  return `${end}: ${source} / ${target}`;
}

const wordOf = (name, state) => (name === 'busy' ? state : `${state}, ${name.replace('busy--', '')}`);

/** States in which the target may have been when it failed: it says so in words only. */
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
  /** Cases that were performed twice, for want of time the first time. */
  again = 0;
  #bad = [];
  #rows = new Map();
  #source = new Map();
  #target = new Map();
  #longest = 0;
  #operators = 0;
  #skipped = [];

  constructor(seed) {
    this.seed = seed;
  }

  get clean() {
    return this.#bad.length === 0;
  }

  add(it, { seen, violations, again }) {
    this.cases++;
    if (again === true) this.again++;
    if (it.operator !== undefined) this.#operators++;
    if (violations.length > 0) this.#bad.push({ it, violations });
    const [state] = it.moment.source;
    const row = `${state}\n${wordsOf(it)}`;
    if (!this.#rows.has(row)) this.#rows.set(row, new Map());
    increment(this.#rows.get(row), endOf(seen));
    if (seen?.skipped !== undefined) this.#skipped.push(`${it.index}: ${seen.skipped}`);
    if (seen === undefined || seen.skipped !== undefined) return;
    this.#longest = Math.max(this.#longest, seen.seconds);
    increment(this.#source, seen.last?.event === 'complete' ? 'completed' : (seen.last?.state ?? 'killed'));
    const said = Object.entries(targetWords).findLast(([text]) => seen.stderr.includes(text));
    increment(this.#target, said?.[1] ?? 'greeting');
  }

  /** As docs/reliability.md has it. */
  table() {
    const states = Object.keys(sourceTable);
    const cells = [...this.#rows].map(([row, ends]) => ({ row: row.split('\n'), ends }));
    cells.sort((a, b) => states.indexOf(a.row[0]) - states.indexOf(b.row[0]));
    const counted = (ends) => [...ends].map(([end, count]) => `${end} (${count})`).join('<br>');
    return [
      '| source is in | what happens | source’s outcome: what is at the source / at the target (cases) |',
      '| --- | --- | --- |',
      ...cells.map(({ row: [state, what], ends }) => `| \`${state}\` | ${what} | ${counted(ends)} |`),
    ].join('\n');
  }

  text(seconds) {
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
        `at most ${this.#longest.toFixed(1)} s from the fault to the end; ${this.again} performed again with more patience`,
    ].join('\n');
  }
}

function increment(counts, key) {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
