import { Writable } from 'node:stream';
import { Presets, SingleBar } from 'cli-progress';
import type { SendEvent } from '@mig/hypervisor';
import type { MigrationReport } from '@mig/sender';
import type { Log } from '../output/log.js';
import type { Failure } from '../worker/task.js';
import { LineView } from './line-view.js';

/** View with a bar for the current pass, on a terminal; a finished pass gets its line. */
export class BarView extends LineView {
  #bar: SingleBar | undefined;
  readonly #terminal: BarTerminal;

  constructor(log: Log) {
    super(log);
    this.#terminal = new BarTerminal(log);
  }

  override event(event: SendEvent): void {
    // The terminal was stopped: everything drawn meanwhile would appear later.
    const drawn = !this.lines.behind;
    if (event.kind === 'pass-started' && drawn) {
      const { kind, iteration, dirtyPages } = event.pass;
      this.#bar = new SingleBar({ ...options, stream: this.#terminal }, Presets.shades_classic);
      this.#bar.start(Math.max(dirtyPages, 1), 0, { pass: `${iteration} (${kind})` });
    } else if (event.kind === 'pass-progress') {
      if (drawn) this.#bar?.update(event.pass.pagesDone);
    } else {
      if (event.kind === 'pass-finished') this.#clear();
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

const format = 'pass {pass} |{bar}| {percentage} % {value}/{total} pages';
const options = { format, hideCursor: true, barsize: 30, clearOnComplete: true };

/**
 * A terminal at standard error, reached through the log: Node's own stream waits for a terminal that was
 * stopped.
 */
class BarTerminal extends Writable {
  readonly isTTY = true;

  constructor(private readonly log: Log) {
    super({ decodeStrings: false });
  }

  get columns(): number {
    return process.stderr.columns;
  }

  override _write(text: string, _encoding: string, done: () => void): void {
    this.log.text(text);
    done();
  }
}
