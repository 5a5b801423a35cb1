/** A job: this domain is no longer on that host. Pure: what it has, and where it is for the state of its domain. */
import {
  type DomainFigures,
  type DomainState,
  type EndedMigration,
  isFinal,
  type RunDomain,
  transitions,
} from '@mig/fleet';
import { EngineError } from './errors.js';
import { CheckedFields } from './fields.js';

export interface DomainJob extends DomainFigures {
  readonly schema: 1;
  /** The run that it belongs to. */
  readonly run: string;
  /** The domain as its worker has left it. */
  readonly domain: RunDomain;
}

/** Parts of a job of BullMQ that tell what has become of its domain. */
export interface KeptJob {
  readonly data: unknown;
  readonly finishedOn?: number | undefined;
  readonly failedReason?: string | undefined;
}

/** Reads a job for those who follow it; one that has failed as a job is for a person. @throws EngineError */
export function seenJobFrom({ data, finishedOn, failedReason }: KeptJob): DomainJob {
  const seen = domainJobFrom(data);
  // One that is tried again keeps the reason of its last failure.
  if (finishedOn === undefined || !failedReason) return seen;
  return { ...seen, domain: { ...seen.domain, state: 'person', why: `its job failed: ${failedReason}` } };
}

/** Reason of a domain whose job cannot be read. */
export const DAMAGED = 'its job at the engine is damaged';

/** Reads the job of a domain for those who follow its run; one that cannot be read is for a person. */
export function seenJobOf(run: string, domain: RunDomain, kept: KeptJob): DomainJob {
  try {
    const seen = seenJobFrom(kept);
    if (seen.run === run && seen.domain.uuid === domain.uuid) return seen;
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
  }
  return { schema: 1, run, domain: { ...domain, state: 'person', why: DAMAGED } };
}

/** Reads the data of a job. @throws EngineError */
export function domainJobFrom(data: unknown): DomainJob {
  const fields = new CheckedFields(data, 'job');
  return {
    schema: fields.schema(),
    run: fields.identifier('run'),
    domain: runDomainFrom(fields.object('domain')),
    ...fields.maybe('downtimeMilliseconds', (name) => fields.number(name, 0)),
    ...fields.maybe('migration', (name) => endedMigrationFrom(fields.object(name))),
  };
}

/** Reads a migration that has ended. @throws EngineError */
export function endedMigrationFrom(fields: CheckedFields): EndedMigration {
  return {
    began: fields.number('began', 0),
    milliseconds: fields.number('milliseconds', 0),
    ...fields.maybe('downtimeMilliseconds', (name) => fields.number(name, 0)),
    octets: fields.number('octets', 0),
    passes: fields.number('passes', 0),
  };
}

const states = Object.keys(transitions) as DomainState[];

/** Reads a domain of a run. @throws EngineError */
export function runDomainFrom(fields: CheckedFields): RunDomain {
  return {
    uuid: fields.identifier('uuid'),
    name: fields.text('name'),
    memory: fields.number('memory', 0),
    vcpus: fields.number('vcpus', 0),
    ...fields.maybe('apart', (name) => fields.text(name)),
    priority: fields.number('priority'),
    state: fields.oneOf('state', states),
    ...fields.maybe('target', (name) => fields.host(name)),
    ...fields.maybe('why', (name) => fields.text(name)),
    notBefore: fields.number('notBefore', 0),
    ...fields.maybe('isForeign', (name) => fields.flag(name)),
    busy: fields.number('busy', 0),
    refused: fields.number('refused', 0),
    failed: fields.number('failed', 0),
    unclear: fields.number('unclear', 0),
    unfit: fields.object('unfit').record((unfit, host) => unfit.text(host)),
  };
}

/** Names a job, so that the same one is never there twice. */
export function jobIdOf(run: string, uuid: string): string {
  return `${run}.${uuid}`;
}

/** Names the queue of a host's jobs: a colon would end the name. */
export function queueNameOf(host: string): string {
  return `evacuation-${host.replaceAll(':', '_')}`;
}

/** Place of the job of a domain that a worker has looked at. */
export type JobPlace = 'active' | 'delayed' | 'completed';

export function placeOf({ state, notBefore }: RunDomain, now: number): JobPlace {
  if (isFinal(state)) return 'completed';
  return state === 'waiting' && notBefore > now ? 'delayed' : 'active';
}
