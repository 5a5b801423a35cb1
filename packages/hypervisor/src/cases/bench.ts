import type { Host } from '../host.js';

/** What the cases are run on: a hypervisor with a guest that dirties memory and checks it. */
export interface CaseBench {
  readonly host: Host;
  /** Where a saved domain is restored; may be the same host. */
  readonly target: Host;
  /** Creates a domain whose guest runs and writes to its memory. @returns its domid */
  createBusyDomain(name: string): number;
  /**
   * Waits until the guest has made visible progress since the call.
   * @throws where its own check of its memory has failed
   */
  awaitProgress(host: Host, domid: number): void;
}

export interface HypervisorCase {
  readonly name: string;
  /** Leaves no domain behind, however it ends. @throws where the hypervisor does not do what its port promises */
  run(bench: CaseBench): void;
}
