import type { Host } from '../host.js';

/** The hypervisor that the cases run on, with a guest that dirties memory and checks it. */
export interface CaseBench {
  readonly host: Host;
  /** The host on which a saved domain is restored; may be the same. */
  readonly target: Host;
  /** Creates a domain whose guest runs and writes to its memory. @returns its domid */
  createBusyDomain(name: string): number;
  /**
   * Waits until the guest has made visible progress since the call.
   * @throws if the guest's own check of its memory has failed
   */
  awaitProgress(host: Host, domid: number): void;
}

export interface HypervisorCase {
  readonly name: string;
  /**
   * Runs the case. It leaves no domain behind, however it ends.
   * @throws if the hypervisor breaks a promise of its port
   */
  run(bench: CaseBench): void;
}
