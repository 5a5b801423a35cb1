import type { MigrationReport } from '@mig/sender';
import { LossyLines } from '../output/lossy-lines.js';
import type { TextOutput } from '../output/text-output.js';
import { completeEvent } from './summary.js';
import type { Failure, TaskEvent } from './task.js';
import type { View } from './view.js';

/** Of the events: docs/json.md says what may change within a version. */
export const MIGRATE_EVENTS_VERSION = 1;

/**
 * An object a line, on standard output; the first says which events to expect. A reader that is behind misses some, and is
 * told how many; the last it gets in any case.
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

  event(event: TaskEvent): void {
    this.#say(isNews(event) ? 'news' : 'line', event);
  }

  note(_text: string): void {
    // Programs read events; remarks are for people.
  }

  complete(report: MigrationReport): void {
    this.#last(completeEvent(report));
  }

  failed({ message, advice, exitStatus, reason, state, outcome }: Failure): void {
    this.#last({ event: 'failed', message, advice, exitStatus, reason, state, outcome });
  }

  /** Scripts take the last line for what came of it. */
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

/** Tells the events that come now and then. */
function isNews(event: TaskEvent): boolean {
  if (event.event !== 'consulted') return event.event === 'progress';
  return event.stats.point === 'between-batches' && event.answer.decision === 'continue-precopy';
}
