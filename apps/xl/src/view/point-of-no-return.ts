import { sourceTable, type SourceState } from '@mig/protocol/handshake';
import type { SignalEffect } from '../worker/run-task.js';
import type { Log } from '../output/log.js';
import type { View, ViewEvent } from './view.js';

/** Tells the operator the effect of a signal: it changes once the target has permission. */
export class PointOfNoReturn {
  #passed = false;
  #told = false;

  /** @param log takes the warning, which even a view that is quiet must not keep back */
  constructor(
    private readonly view: View,
    private readonly log: Pick<Log, 'line'>,
    private readonly name: string,
    private readonly target: string,
  ) {}

  event(event: ViewEvent): void {
    if (event.kind === 'source-state') this.#passed = isPast(event.state);
    this.view.event(event);
  }

  signal(): SignalEffect {
    if (!this.#passed) {
      this.view.note(`stopping: ${this.name} stays here`);
      return 'stop';
    }
    if (this.#told) return 'abandon';
    this.#told = true;
    this.log.line(
      `${this.target} has permission to run ${this.name}: waiting for its report. The same again leaves without it.`,
    );
    return 'wait';
  }
}

/** Tells whether the state lies between giving permission and its return. */
function isPast(state: SourceState): boolean {
  return ['unknown', 'destroy-failed', 'destroyed'].includes(sourceTable[state].onFailure);
}
