/** `xl migrate` for programs that embed it: in a process of its own, so nothing blocks here. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { MigError } from '@mig/errors';
import type { CompleteEvent, FailedEvent, MigrateEvent } from './migrate-event.js';

export type { CompleteEvent, FailedEvent, MigrateEvent } from './migrate-event.js';

export interface MigrateOptions {
  /** Options of `xl migrate` as on the command line, such as `['--max-downtime', '300']`. */
  readonly options?: readonly string[];
  /**
   * Asks the migration to stop, as SIGTERM does. It does where that is safe, and the promise is rejected once
   * it has. A migration that has gone too far is completed.
   */
  readonly signal?: AbortSignal;
  /** Gets each event as it happens, the last one included; must not throw. */
  readonly onEvent?: (event: MigrateEvent) => void;
}

/** A migration by `migrate` that failed, or did not begin. */
export class MigrateError extends MigError {
  override readonly name = 'MigrateError';
  /** Sentences on what became of the domain, and on what to do. */
  readonly advice: readonly string[];

  /**
   * @param code `migrate-not-begun`: the domain was not touched, and the message is what `xl` wrote;
   * `migrate-lost`: `xl` ended in the middle, and what became of the domain is to be looked up at both ends
   * @param exitStatus of `xl`: docs/xl.md lists them
   * @param failed with the code `migrate-failed`
   */
  constructor(
    readonly code: 'migrate-failed' | 'migrate-not-begun' | 'migrate-lost',
    message: string,
    readonly exitStatus: number,
    readonly failed?: FailedEvent,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.advice = failed?.advice ?? [];
  }
}

const XL = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));

/** Most characters kept of what `xl` writes on standard error: its last words are the reason. */
const LONGEST_WORDS = 64 * 1024;

type Xl = ChildProcessByStdio<null, Readable, Readable>;

/**
 * Moves a domain to another host, as `xl migrate DOMAIN HOST` does, with its checks, ssh, and options. The
 * migration goes on if this process ends before it.
 * @param host as on the command line; a command with the options `-s ''`
 * @returns the last event, which sums up the migration
 * @throws the signal's reason if that was aborted before, and nothing was begun; else MigrateError, with that reason as its
 * cause if it was aborted meanwhile
 */
export async function migrate(
  domain: string,
  host: string,
  { options = [], signal, onEvent }: MigrateOptions = {},
): Promise<CompleteEvent> {
  signal?.throwIfAborted();
  const argv = [XL, 'migrate', '--json', ...options, '--', domain, host];
  const xl: Xl = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  const stop = () => void xl.kill('SIGTERM');
  signal?.addEventListener('abort', stop, { once: true });
  try {
    const [{ last, begun }, words, [status, killedBy]] = await Promise.all([
      readEvents(xl.stdout, onEvent),
      lastWords(xl.stderr),
      once(xl, 'close') as Promise<[number | null, NodeJS.Signals | null]>,
    ]);
    if (last?.event === 'complete') return last;
    const cause = signal?.aborted === true ? { cause: signal.reason as unknown } : undefined;
    if (last !== undefined) {
      throw new MigrateError('migrate-failed', last.message, last.exitStatus, last, cause);
    }
    const said = words.trim() || `xl ended with status ${status ?? 1} and reported no migration`;
    const why = killedBy === null ? said : `xl was ended by ${killedBy}`;
    const code = begun ? 'migrate-lost' : 'migrate-not-begun';
    throw new MigrateError(code, why, status ?? 1, undefined, cause);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Passes on the events. @returns the last one, if it sums up the migration, and whether that had begun */
async function readEvents(output: Readable, onEvent: MigrateOptions['onEvent']) {
  let last: CompleteEvent | FailedEvent | undefined;
  let begun = false;
  for await (const line of createInterface({ input: output })) {
    const event = eventIn(line);
    if (event === undefined) continue;
    if (event.event === 'complete' || event.event === 'failed') last = event;
    begun ||= event.event === 'source-state';
    onEvent?.(event);
  }
  return { last, begun };
}

/** Reads a line; undefined if it is none of the events, as with options that print something else. */
function eventIn(line: string): MigrateEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null && 'event' in value
      ? (value as MigrateEvent)
      : undefined;
  } catch {
    return undefined;
  }
}

async function lastWords(output: Readable): Promise<string> {
  let words = '';
  for await (const text of output.setEncoding('utf8')) words = (words + String(text)).slice(-LONGEST_WORDS);
  return words;
}
