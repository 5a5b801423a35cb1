import type { Log } from '../output/log.js';
import type { TaskFailure } from '../worker/task.js';
import { failureLines } from './summary.js';
import type { View } from './view.js';

/** View that shows nothing but a failure, and what is said of it. */
export class QuietView implements View {
  #failed = false;

  constructor(private readonly log: Log) {}

  event(): void {
    // Only the end counts.
  }

  note(text: string): void {
    if (this.#failed) this.log.line(text);
  }

  complete(): void {
    // The exit status tells.
  }

  failed(failure: TaskFailure): void {
    this.#failed = true;
    for (const line of failureLines(failure)) this.log.line(line);
  }

  refused(): void {
    // Whoever runs the command prints the reason.
  }
}
