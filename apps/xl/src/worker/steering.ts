/**
 * The operator's changes while a migration runs, on their way into the worker that is blocked in it: the
 * worker looks for them whenever its policy is asked.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Bandwidth, PrecopyPolicy } from '@mig/hypervisor';
import { bandwidthOf, policyFor, type Settings } from '@mig/sender/policy';

export type SteeringMessage =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** Order to suspend now, whatever is dirty. */
  | { readonly kind: 'switchover' };

export class Steering {
  #decide: PrecopyPolicy;
  #bandwidth: Bandwidth | undefined;
  #switchover = false;

  /**
   * @param own the operator's own policy, if any
   * @param changed gets changed settings before the policy is asked again
   */
  constructor(
    private readonly port: MessagePort,
    settings: Settings,
    private readonly own: PrecopyPolicy | undefined,
    private readonly changed: (settings: Settings) => void,
  ) {
    this.#decide = policyFor(settings, own);
    this.#bandwidth = bandwidthOf(settings, own !== undefined);
  }

  readonly policy: PrecopyPolicy = (stats) => {
    this.#hear();
    if (!this.#switchover) return this.#decide(stats);
    const sentence = `the operator asked for the switchover, after ${stats.iteration} complete live ${stats.iteration === 1 ? 'pass' : 'passes'}`;
    return { decision: 'stop-and-copy', reason: { code: 'operator', sentence } };
  };

  readonly bandwidth = (): Bandwidth | undefined => {
    this.#hear();
    return this.#bandwidth;
  };

  #hear(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.port) as { message: SteeringMessage } | undefined;
      if (received === undefined) return;
      const { message } = received;
      if (message.kind === 'switchover') {
        this.#switchover = true;
      } else {
        this.#decide = policyFor(message.settings, this.own);
        this.#bandwidth = bandwidthOf(message.settings, this.own !== undefined);
        this.changed(message.settings);
      }
    }
  }
}
