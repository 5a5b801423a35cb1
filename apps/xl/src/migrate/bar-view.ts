import { Presets, SingleBar } from 'cli-progress';
import type { MigrationReport } from '@mig/sender';
import type { Failure, TaskEvent } from './task.js';
import { LineView } from './line-view.js';

/** A bar for the pass under way, on a terminal; its line when it is done. */
export class BarView extends LineView {
  #bar: SingleBar | undefined;

  override event(event: TaskEvent): void {
    if (event.event === 'pass-started') {
      this.#bar = newBar();
      this.#bar.start(Math.max(event.dirtyPages, 1), 0, { pass: `${event.iteration} (${event.kind})` });
    } else if (event.event === 'progress') {
      this.#bar?.update(event.pagesDone);
    } else {
      if (event.event === 'pass') this.#clear();
      super.event(event);
    }
  }

  override note(text: string): void {
    this.#clear();
    super.note(text);
  }

  override complete(report: MigrationReport): void {
    this.#clear();
    super.complete(report);
  }

  override failed(failure: Failure): void {
    this.#clear();
    super.failed(failure);
  }

  #clear(): void {
    this.#bar?.stop();
    this.#bar = undefined;
  }
}

// A terminal that is closed meanwhile ends the bar, not the migration.
process.stderr.on('error', () => undefined);

function newBar(): SingleBar {
  const format = 'pass {pass} |{bar}| {percentage} % {value}/{total} pages';
  const options = { format, stream: process.stderr, hideCursor: true, barsize: 30, clearOnComplete: true };
  return new SingleBar(options, Presets.shades_classic);
}
