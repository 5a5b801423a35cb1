/** A run as the server keeps it: what is the same for all of its domains, and the domains as they were at its beginning. */
import { orders, type Run, type RunFigures, withFigures } from '@mig/fleet';
import { type DomainJob, endedMigrationFrom, runDomainFrom } from './domain-job.js';
import { EngineError } from './errors.js';
import { CheckedFields } from './fields.js';

export interface StoredRun extends RunFigures {
  readonly schema: 1;
  /** The host that is emptied, by the name of its worker. */
  readonly name: string;
  /** Options of the command line: the same ones go on with the run. */
  readonly asked: string;
  /** Domains on the command line; all if there are none. */
  readonly names: readonly string[];
  /** Whether this run has cordoned the host. */
  readonly cordoned: boolean;
  readonly run: Run;
}

/** Reads a run. @throws EngineError */
export function storedRunFrom(data: unknown): StoredRun {
  const fields = new CheckedFields(data, 'run');
  const run = fields.object('run');
  const options = run.object('options');
  return {
    schema: fields.schema(),
    name: fields.host('name'),
    asked: fields.text('asked'),
    names: fields.texts('names'),
    cordoned: fields.flag('cordoned'),
    downtimes: fields.object('downtimes').record((all, uuid) => all.number(uuid, 0)),
    ...fields.maybe('migrations', (name) =>
      fields.object(name).record((all, uuid) => endedMigrationFrom(all.object(uuid))),
    ),
    run: {
      id: run.identifier('id'),
      began: run.number('began', 0),
      options: {
        targets: options.hosts('targets'),
        out: options.number('out', 1),
        in: options.number('in', 1),
        ...options.maybe('link', (name) => options.number(name, 1)),
        ...options.maybe('maxDowntime', (name) => options.number(name, 1)),
        ...options.maybe('deadline', (name) => options.number(name, 0)),
        order: options.oneOf('order', orders),
        leave: options.texts('leave'),
      },
      resting: run.object('resting').record((all, host) => all.number(host, 0)),
      domains: run.list('domains').map((domain) => runDomainFrom(new CheckedFields(domain, 'run.domain'))),
    },
  };
}

/** Reads a run that is kept for a host by a name: one of another host or name is not taken for it. @throws EngineError */
export function storedRunOf(host: string, id: string, data: unknown): StoredRun {
  const stored = storedRunFrom(data);
  if (stored.name === host && stored.run.id === id) return stored;
  const { name, run } = stored;
  throw new EngineError('malformed', `what is kept as run ${id} of ${host} is run ${run.id} of ${name}`);
}

/** Brings a run up to date with its jobs; a domain without one is as it was. */
export function withJobs(stored: StoredRun, jobs: readonly DomainJob[]): StoredRun {
  const found = new Map(jobs.map((job) => [job.domain.uuid, job]));
  const figures = jobs.reduce<RunFigures>((all, job) => withFigures(all, job.domain.uuid, job), {
    downtimes: stored.downtimes,
    migrations: stored.migrations,
  });
  return {
    ...stored,
    ...figures,
    run: {
      ...stored.run,
      domains: stored.run.domains.map((domain) => found.get(domain.uuid)?.domain ?? domain),
    },
  };
}
