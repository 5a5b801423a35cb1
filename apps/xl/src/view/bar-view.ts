import { MigrationProgress } from '@mig/operator';
import type { Log } from '../output/log.js';
import { type Terminal, terminalAt } from '../output/terminal.js';
import type { TaskFailure } from '../worker/task.js';
import { LineView } from './line-view.js';
import { progressLine } from './progress-line.js';
import type { ViewEvent } from './view.js';

/** Least milliseconds between two drawings: a pass that is over sooner gets its line alone. */
const INTERVAL = 100;

/** View with a bar for the current pass, on a terminal; a finished pass gets its line. */
export class BarView extends LineView {
  readonly #progress: MigrationProgress;
  #isInPass = false;
  #drawnAt = -Infinity;

  constructor(
    private readonly log: Log,
    private readonly terminal: () => Terminal = () => terminalAt(2),
    private readonly clock: () => number = () => performance.now(),
  ) {
    super(log);
    this.#progress = new MigrationProgress(clock);
  }

  override event(event: ViewEvent): void {
    if (event.kind !== 'settings-changed') this.#progress.onEvent(event);
    if (event.kind === 'pass-started') this.#isInPass = true;
    if (event.kind === 'pass-finished') this.#hide();
    super.event(event);
    if (this.#isInPass) this.#draw();
  }

  override failed(failure: TaskFailure): void {
    this.#hide();
    super.failed(failure);
  }

  #hide(): void {
    this.#isInPass = false;
    this.log.bottom.clear();
  }

  #draw(): void {
    const now = this.clock();
    // A terminal that was stopped would show later all that was drawn meanwhile.
    if (now - this.#drawnAt < INTERVAL || this.lines.behind) return;
    this.#drawnAt = now;
    const terminal = this.terminal();
    this.log.bottom.show(progressLine(this.#progress.figures(), terminal), terminal.plain);
  }
}
