import { byKind, type EventTable } from '@mig/hypervisor';
import { settingsOnWire } from '@mig/operator';
import type { MigrationReport } from '@mig/sender';
import { LossyLines } from '../output/lossy-lines.js';
import type { TextOutput } from '../output/text-output.js';
import { isNews } from '../worker/pace.js';
import type { Account } from './account.js';
import { completeEvent, failedEvent } from './summary.js';
import type { TaskFailure } from '../worker/task.js';
import type { View, ViewEvent } from './view.js';

/** Version of the events: docs/json.md tells what may change within a version. */
export const MIGRATE_EVENTS_VERSION = 1;

/** Lines for the events, as docs/json.md publishes them; events without a line are for other listeners. */
const lines: EventTable<ViewEvent, object> = {
  'source-state': ({ state }) => ({ event: 'source-state', state }),
  'pass-started': ({ pass }) => ({ event: 'pass-started', ...pass }),
  'pass-progress': ({ pass }) => ({ event: 'progress', ...pass }),
  'pass-finished': ({ pass }) => ({ event: 'pass', ...pass }),
  consulted: ({ stats, answer }) => ({ event: 'consulted', stats, answer }),
  'log-read': undefined,
  'precopy-ended': ({ reason }) => ({ event: 'precopy-ended', ...reason }),
  suspended: undefined,
  'settings-changed': ({ settings }) => ({ event: 'course', course: settingsOnWire(settings) }),
  note: ({ text }) => ({ event: 'note', text }),
};

/**
 * View that prints one JSON object per line on standard output; the first tells which events to expect. A
 * slow reader misses some, and is told how many; it always gets the last one.
 */
export class JsonView implements View {
  #closed = false;
  readonly #lines: LossyLines;

  constructor(output: TextOutput) {
    const line = (text: string) => {
      output.line(text);
      // A program that follows along reads each event as it happens.
      output.flush();
    };
    this.#lines = new LossyLines({ line, waiting: () => output.waiting }, (events) =>
      JSON.stringify({ event: 'left-out', events }),
    );
    this.#say('line', { event: 'schema', of: 'xl migrate', version: MIGRATE_EVENTS_VERSION });
  }

  event(event: ViewEvent): void {
    const line = byKind(lines, event);
    if (line !== undefined) this.#say(isNews(event) ? 'news' : 'line', line);
  }

  note(_text: string): void {
    // Programs read events; remarks are for people.
  }

  complete(report: MigrationReport, account: Account): void {
    this.#last(completeEvent(report, account));
  }

  failed(failure: TaskFailure, account: Account): void {
    this.#last(failedEvent(failure, account));
  }

  refused(failure: TaskFailure, account: Account): void {
    this.failed(failure, account);
  }

  /** Prints the last line, which scripts take for the result. */
  #last(value: object): void {
    this.#say('last', value);
    this.#closed = true;
  }

  #say(how: 'news' | 'line' | 'last', value: object): void {
    if (this.#closed) return;
    try {
      this.#lines[how](JSON.stringify(value));
    } catch {
      // The reader has gone, or the disk is full: no reason to leave a migration half done.
      this.#closed = true;
    }
  }
}
