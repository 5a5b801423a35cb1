/**
 * The operator's changes while a migration runs, on their way into the worker that is blocked in it: the
 * worker looks for them whenever its policy is asked.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Bandwidth, PrecopyDecision, PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { bandwidthOf, policyFor, type Settings } from '@mig/sender/policy';

export type SteeringMessage =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** Order to suspend now, whatever is dirty. */
  | { readonly kind: 'switchover' }
  /** Order to go on with live passes where the policy would end them, or to let it decide again. */
  | { readonly kind: 'hold'; readonly held: boolean };

/** Dirty pages with which nothing is held: they take no time. Stock's own threshold. */
const HELD_FROM = 50;
/** A value of #heldUntil: it was let go, and it is not known yet in which pass. */
const LET_GO = Infinity;

export class Steering {
  #decide: PrecopyPolicy;
  #bandwidth: Bandwidth | undefined;
  #switchover = false;
  #isHeld = false;
  /** Number of live passes before which the policy does not decide, because they were made while it was held; 0 for none. */
  #heldUntil = 0;

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
    if (!this.#switchover) return this.#answer(stats);
    const sentence = `the operator asked for the switchover, after ${stats.iteration} complete live ${stats.iteration === 1 ? 'pass' : 'passes'}`;
    return { decision: 'stop-and-copy', reason: { code: 'operator', sentence } };
  };

  #answer(stats: PrecopyStats): PrecopyDecision {
    const { iteration, point, dirtyCount, dirtyCounts } = stats;
    // Passes that were limited meanwhile say nothing: the next whole one does.
    if (this.#heldUntil === LET_GO) this.#heldUntil = iteration + (point === 'between-batches' ? 2 : 1);
    const isFree = !this.#isHeld && iteration >= this.#heldUntil;
    const since = iteration - this.#heldUntil + 1;
    const answer = this.#decide(
      isFree && since < dirtyCounts.length ? { ...stats, dirtyCounts: dirtyCounts.slice(-since) } : stats,
    );
    const isSmall = iteration > 0 && dirtyCount !== undefined && dirtyCount <= HELD_FROM;
    if (isFree || isSmall || answer.decision === 'continue-precopy' || answer.reason.code === 'timeout') {
      return answer;
    }
    return { decision: 'continue-precopy' };
  }

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
      } else if (message.kind === 'hold') {
        this.#isHeld = message.held;
        if (!message.held) this.#heldUntil = LET_GO;
      } else {
        this.#decide = policyFor(message.settings, this.own);
        this.#bandwidth = bandwidthOf(message.settings, this.own !== undefined);
        this.changed(message.settings);
      }
    }
  }
}
