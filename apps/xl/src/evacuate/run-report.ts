/** `xl evacuate-status --report`: a page of the last run, from the journal or an engine, and from what its migrations have printed. */
import type { EndedMigration } from '@mig/fleet';
import { extname, join } from 'node:path';
import type { Context } from '../host/context.js';
import { openOutputFile } from '../io/output-file.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { RunReport } from '../report/run-timelines.js';
import { type RunKeeper, viewOf } from '../run-page/view-of.js';
import { lastEventIn } from './attempts.js';
import { endedMigrationIn } from './ended-migration.js';
import { type EngineOptions, nameAtEngine, withEngine } from './engine.js';
import type { SeenEvacuation } from './run-source.js';

export interface ReportOptions extends EngineOptions {
  /** File to write. */
  readonly report: string;
}

export async function reportRun(context: Context, options: ReportOptions): Promise<void> {
  const { report: file, engine: address } = options;
  if (extname(file).toLowerCase() !== '.html')
    throw new Failure(`--report must be a file that ends in .html, not '${file}'`, ExitStatus.usage);
  const report =
    address === undefined ? await reportHere(context) : await reportAtEngine(address, nameAtEngine(options));
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

async function reportHere(context: Context): Promise<RunReport> {
  const { JournalSource } = await import('./journal-source.js');
  const source = await JournalSource.open(context);
  const seen = await source.look();
  const { run } = seen.evacuation;
  // What has ended while no controller was there is only in what it has printed.
  const printed = (uuid: string) =>
    endedMigrationIn(lastEventIn(join(source.journal.folder, run.id, `${uuid}.jsonl`)));
  return reportOf(seen, source.keeper, printed);
}

function reportAtEngine(address: string, name: string): Promise<RunReport> {
  return withEngine(address, async (engine) => {
    const { lookAtEngine } = await import('./engine-source.js');
    return reportOf(await lookAtEngine(engine, name, 'ssh'), 'worker');
  });
}

/** Reports a run. @param printed reads the last migration of a domain from what it has printed, where that is at hand */
export function reportOf(
  { evacuation, ...seen }: SeenEvacuation,
  keeper: RunKeeper,
  printed: (uuid: string) => EndedMigration | undefined = () => undefined,
): RunReport {
  const { run, name, ended, back } = evacuation;
  const now = Date.now();
  const shown = { ...evacuation, ...seen, keeper, statusOf: () => undefined, hosts: [], control: false, now };
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
      seen.note ??
      (back === undefined ? undefined : 'Times are by the clocks of the hosts that the domains have left.'),
    domains: run.domains.map((domain) => {
      const { words: state, why } = rows.get(domain.uuid)!;
      return {
        name: domain.name,
        memory: domain.memory * 2 ** 20,
        words: why === undefined ? state : `${state}: ${why}`,
        hasMoved: domain.state === 'moved',
        downtimeMilliseconds: evacuation.downtimes[domain.uuid],
        migration: printed(domain.uuid) ?? evacuation.migrations?.[domain.uuid],
      };
    }),
  };
}
