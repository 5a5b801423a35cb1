import type { MigrationReport } from '@mig/sender';
import type { TextOutput } from '../output/text-output.js';
import { completeEvent } from './summary.js';
import type { Failure, TaskEvent } from './task.js';
import type { View } from './view.js';

/** Of the events: docs/json.md says what may change within a version. */
export const MIGRATE_EVENTS_VERSION = 1;

/** An object a line, on standard output; the first says which events to expect. */
export class JsonView implements View {
  #closed = false;

  constructor(private readonly output: TextOutput) {
    this.#line({ event: 'schema', of: 'xl migrate', version: MIGRATE_EVENTS_VERSION });
  }

  event(event: TaskEvent): void {
    this.#line(event);
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
    this.#line(value);
    this.#closed = true;
  }

  #line(value: object): void {
    if (this.#closed) return;
    try {
      this.output.line(JSON.stringify(value));
      // A program that follows along reads each event as it happens.
      this.output.flush();
    } catch {
      // The reader has gone, or the disk is full: no reason to leave a migration half done.
      this.#closed = true;
    }
  }
}
