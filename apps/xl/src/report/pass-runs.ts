/** The passes as a report shows them: each by itself or, where there are many, in runs. */
import type { ReportPass, Span } from './report-model.js';
import { largest, smallest } from './units.js';

/** Most passes that are shown one by one. */
const MOST_SINGLE = 24;
/** Most runs between the first pass and the last. */
const MOST_RUNS = 12;

/** Successive passes of a kind. */
export interface PassRun extends Span {
  /** Name on an axis, such as "11–20 precopy". */
  readonly name: string;
  /** Numbers of the passes, such as "11–20". */
  readonly numbers: string;
  readonly kind: ReportPass['kind'];
  readonly passes: readonly ReportPass[];
  /** Time of the passes: less than the span, as the log is read between them. */
  readonly milliseconds: number;
  /** Dirty pages at the start of each pass: the fewest, the mean, and the most. */
  readonly dirtyPages: { readonly least: number; readonly mean: number; readonly most: number };
  /** Total of what was sent; undefined unless all passes finished. */
  readonly sent: Sent | undefined;
}

export interface Sent {
  readonly pages: number;
  readonly octets: number;
}

export function passRuns(passes: readonly ReportPass[]): readonly PassRun[] {
  if (passes.length <= MOST_SINGLE) return passes.map((pass) => runOf([pass]));
  const size = runSize(passes.length);
  const runs: ReportPass[][] = [];
  for (const pass of passes) {
    const run = runs.at(-1);
    // The first pass is of all pages, and like no other.
    const joins = run !== undefined && runs.length > 1 && run.length < size && run[0]!.kind === pass.kind;
    if (joins) run.push(pass);
    else runs.push([pass]);
  }
  return runs.map(runOf);
}

/** A round number of passes, so that there are few runs of them. */
function runSize(passes: number): number {
  for (let power = 1; ; power *= 10) {
    const size = [1, 2, 5].map((digit) => digit * power).find((each) => passes / each <= MOST_RUNS);
    if (size !== undefined) return size;
  }
}

function runOf(passes: readonly ReportPass[]): PassRun {
  const [first, last] = [passes[0]!, passes.at(-1)!];
  const { kind, iteration, from } = first;
  const numbers = passes.length === 1 ? String(iteration) : `${iteration}–${last.iteration}`;
  const dirty = passes.map(({ dirtyPages }) => dirtyPages);
  return {
    name: `${numbers} ${kind}`,
    numbers,
    kind,
    passes,
    from,
    to: last.to,
    milliseconds: total(passes.map((pass) => pass.to - pass.from)),
    dirtyPages: { least: smallest(dirty), mean: total(dirty) / passes.length, most: largest(dirty) },
    sent: sentIn(passes),
  };
}

function sentIn(passes: readonly ReportPass[]): Sent | undefined {
  const finished = passes.flatMap(({ sentPages, octets }) =>
    sentPages === undefined || octets === undefined ? [] : [{ pages: sentPages, octets }],
  );
  if (finished.length < passes.length) return undefined;
  return {
    pages: total(finished.map(({ pages }) => pages)),
    octets: total(finished.map(({ octets }) => octets)),
  };
}

function total(figures: readonly number[]): number {
  return figures.reduce((sum, each) => sum + each, 0);
}
