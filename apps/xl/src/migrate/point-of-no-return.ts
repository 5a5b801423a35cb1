import { sourceTable, type SourceState } from '@mig/protocol/handshake';
import type { TaskEvent } from './task.js';
import type { View } from './view.js';

/** Tells the operator what a signal does: that changes once the target has permission. */
export class PointOfNoReturn {
  #passed = false;

  constructor(
    private readonly view: View,
    private readonly name: string,
    private readonly target: string,
  ) {}

  event(event: TaskEvent): void {
    if (event.event === 'source-state') this.#passed = isPast(event.state);
    this.view.event(event);
  }

  signal(): void {
    this.view.note(
      this.#passed
        ? `'${this.target}' has permission to run ${this.name}: waiting for its report`
        : `stopping: ${this.name} stays here`,
    );
  }
}

function isPast(state: SourceState): boolean {
  return sourceTable[state].onFailure === 'unknown';
}
