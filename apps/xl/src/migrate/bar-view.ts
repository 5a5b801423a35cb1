import { MultiBar, Presets, type SingleBar } from 'cli-progress';
import type { MigrationReport } from '@mig/sender';
import { rateText } from './figures.js';
import type { Failure, TaskEvent } from './task.js';
import { LineView } from './line-view.js';

/** A bar a pass, on a terminal. */
export class BarView extends LineView {
  #bars: MultiBar | undefined;
  #bar: SingleBar | undefined;

  override event(event: TaskEvent): void {
    switch (event.event) {
      case 'pass-started': {
        const { iteration, kind, dirtyPages } = event;
        this.#bars ??= newBars();
        this.#bar = this.#bars.create(Math.max(dirtyPages, 1), 0, { pass: `${iteration} ${kind}`, rate: '' });
        break;
      }
      case 'progress':
        this.#bar?.update(event.pagesDone);
        break;
      case 'pass': {
        const { octets, milliseconds } = event;
        this.#bar?.update(Math.max(event.dirtyPages, 1), { rate: rateText(octets, milliseconds) });
        if (event.kind === 'stop-and-copy') this.#finish();
        break;
      }
      case 'source-state':
      case 'target-state':
      case 'precopy-ended':
        if (this.#bars === undefined) super.event(event);
    }
  }

  override note(text: string): void {
    if (this.#bars === undefined) super.note(text);
    else this.#bars.log(`${text}\n`);
  }

  override complete(report: MigrationReport): void {
    this.#finish();
    super.complete(report);
  }

  override failed(failure: Failure): void {
    this.#finish();
    super.failed(failure);
  }

  #finish(): void {
    this.#bars?.stop();
    this.#bars = undefined;
  }
}

function newBars(): MultiBar {
  // A terminal that is closed meanwhile ends the bars, not the migration.
  process.stderr.on('error', () => undefined);
  const format = 'pass {pass} |{bar}| {percentage} % {value}/{total} pages {rate}';
  const options = { format, stream: process.stderr, hideCursor: true, barsize: 30, stopOnComplete: false };
  return new MultiBar(options, Presets.shades_classic);
}
