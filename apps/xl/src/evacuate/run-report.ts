/** `xl evacuate-status --report`: a page of the last run, from its journal and what its migrations have printed. */
import { extname, join } from 'node:path';
import type { Context } from '../host/context.js';
import { openOutputFile } from '../io/output-file.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { RunMigration, RunReport } from '../report/run-timelines.js';
import { viewOf } from '../run-page/view-of.js';
import { textOf } from './attempts.js';
import { type Evacuation, Journal } from './journal.js';
import { lastOf } from './status.js';

export async function reportRun(context: Context, file: string): Promise<void> {
  if (extname(file).toLowerCase() !== '.html')
    throw new Failure(`--report must be a file that ends in .html, not '${file}'`, ExitStatus.usage);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  const report = reportOf(lastOf(journal), journal);
  const { renderRunReport } = await import('../report/run-timelines.js');
  const page = await renderRunReport(report);
  const output = openOutputFile('-', file);
  try {
    output.write(new TextEncoder().encode(page));
    output.complete();
  } finally {
    output.close();
  }
}

function reportOf(evacuation: Evacuation, journal: Journal): RunReport {
  const { run, name, ended, back } = evacuation;
  const now = Date.now();
  const isControlled = journal.controller() !== undefined;
  const wanted = journal.wanted(run.id);
  const shown = {
    ...evacuation,
    wanted,
    isControlled,
    statusOf: () => undefined,
    hosts: [],
    control: false,
    now,
  };
  const { title, words, isBad, limits, domains } = viewOf(shown);
  const rows = new Map(domains.map((row) => [row.uuid, row]));
  return {
    title,
    heading: words,
    kind: ended === undefined ? 'unknown' : isBad ? 'failed' : 'succeeded',
    circumstances: [
      ['run', run.id],
      ['host', name],
      ['began', `${new Date(run.began).toISOString().slice(0, 19).replace('T', ' ')} UTC`],
      ...limits.map(([limit, value]) => [limit.toLowerCase(), value] as const),
    ],
    began: run.began,
    ended: ended ?? now,
    note:
      back === undefined
        ? undefined
        : 'The timelines are with the hosts that the domains have left, of their own runs.',
    domains: run.domains.map((domain) => {
      const { words: state, why } = rows.get(domain.uuid)!;
      return {
        name: domain.name,
        memory: domain.memory * 2 ** 20,
        words: why === undefined ? state : `${state}: ${why}`,
        hasMoved: domain.state === 'moved',
        downtimeMilliseconds: evacuation.downtimes[domain.uuid],
        migration: migrationIn(textOf(join(journal.folder, run.id, `${domain.uuid}.jsonl`))),
      };
    }),
  };
}

interface LastEvent {
  readonly event?: unknown;
  readonly date?: unknown;
  readonly totalMilliseconds?: unknown;
  readonly downtimeMilliseconds?: number;
  readonly octetsSent?: number;
  readonly iterations?: number;
}

/** Reads a migration from what it has printed; undefined if it has not ended, or never reached the target. */
export function migrationIn(lines: string): RunMigration | undefined {
  let last: LastEvent;
  try {
    last = JSON.parse(lines.trimEnd().split('\n').at(-1) ?? '') as LastEvent;
  } catch {
    return undefined;
  }
  const { event, date, totalMilliseconds, downtimeMilliseconds, octetsSent = 0, iterations = 0 } = last;
  const isEnd = event === 'complete' || event === 'failed';
  if (!isEnd || typeof date !== 'string' || typeof totalMilliseconds !== 'number') return undefined;
  return {
    began: Date.parse(date),
    milliseconds: totalMilliseconds,
    downtimeMilliseconds: event === 'complete' ? downtimeMilliseconds : undefined,
    octets: octetsSent,
    passes: iterations,
  };
}
