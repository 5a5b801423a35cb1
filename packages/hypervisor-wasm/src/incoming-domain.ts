import type { IncomingDomain } from '@mig/hypervisor';
import { type ControlConnection, letGo } from './control-connection.js';
import { endProcess } from './end-process.js';
import type { ProcessIdentity } from './process-identity.js';

/**
 * A domain that has arrived, and obeys this connection alone; unless it is started it ends with the
 * connection.
 */
export class EmbeddedIncomingDomain implements IncomingDomain {
  #released = false;

  /** @param remove removes the rest of the domain once its process has ended */
  constructor(
    readonly domid: number,
    readonly wasPaused: boolean,
    private readonly owner: ProcessIdentity,
    private readonly connection: ControlConnection,
    private readonly remove: () => void,
  ) {}

  start(name: string, { paused = false } = {}): void {
    this.connection.do({ kind: 'start', name, paused });
  }

  destroy(): void {
    endProcess(this.owner, () => {
      this.connection.do({ kind: 'destroy', epoch: 0 });
    });
    this.#released = true;
    this.connection.close();
    this.remove();
  }

  release(): void {
    if (this.#released) return;
    this.#released = true;
    letGo(this.connection);
  }
}
