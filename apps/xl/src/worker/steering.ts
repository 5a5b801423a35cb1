/**
 * The operator's changes while a migration runs, on their way into the worker that is blocked in it: the
 * worker looks for them whenever its policy is asked.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Bandwidth, PrecopyDecision, PrecopyPolicy, PrecopyStats } from '@mig/hypervisor';
import { pause } from '@mig/posix';
import { bandwidthOf, policyFor, type Settings } from '@mig/sender/policy';

export type SteeringMessage =
  | { readonly kind: 'settings'; readonly settings: Settings }
  /** Order to suspend now, whatever is dirty. */
  | { readonly kind: 'switchover' }
  /** Order to go on with live passes where the policy would end them, or to let it decide again. */
  | { readonly kind: 'hold'; readonly held: boolean };

/** Dirty pages with which nothing is held: they take no time. Stock's own threshold. */
const HELD_FROM = 50;
/** Milliseconds between two passes of a migration whose policy would have ended them. */
const HELD_PAUSE = 100;
/** A value of #heldUntil: it was let go, and it is not known yet in which pass. */
const LET_GO = Infinity;

/** The settings in force, and what follows from them. */
interface Course {
  readonly settings: Settings;
  readonly decide: PrecopyPolicy;
  readonly bandwidth: Bandwidth | undefined;
}

export class Steering {
  #course: Course;
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
    this.#course = courseOf(settings, own);
  }

  readonly policy: PrecopyPolicy = (stats) => {
    this.#hear();
    if (!this.#switchover) return this.#answer(stats);
    const sentence = `the operator asked for the switchover, after ${stats.iteration} complete live ${stats.iteration === 1 ? 'pass' : 'passes'}`;
    return { decision: 'stop-and-copy', reason: { code: 'operator', sentence } };
  };

  #answer(stats: PrecopyStats): PrecopyDecision {
    const { iteration, point } = stats;
    if (this.#heldUntil === LET_GO) this.#heldUntil = iteration + (point === 'between-batches' ? 2 : 1);
    if (!this.#isHeld && iteration >= this.#heldUntil)
      return this.#course.decide(sinceHeld(stats, this.#heldUntil));
    const answer = this.#course.decide(stats);
    if (answer.decision === 'continue-precopy' || this.#endsHeld(answer, stats)) return answer;
    // Whoever only waits need not make as many passes as it can.
    if (point !== 'between-batches') pause(HELD_PAUSE);
    return { decision: 'continue-precopy' };
  }

  /** Tells whether live passes end though they are held. */
  #endsHeld(answer: PrecopyDecision, { iteration, dirtyCount, elapsedMilliseconds }: PrecopyStats): boolean {
    const { timeout } = this.#course.settings;
    if (timeout !== undefined && elapsedMilliseconds >= timeout) return true;
    if (answer.decision === 'abort') return answer.reason.code === 'out-of-reach';
    return iteration > 0 && dirtyCount !== undefined && dirtyCount <= HELD_FROM;
  }

  readonly bandwidth = (): Bandwidth | undefined => {
    this.#hear();
    return this.#course.bandwidth;
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
        this.#course = courseOf(message.settings, this.own);
        this.changed(message.settings);
      }
    }
  }
}

function courseOf(settings: Settings, own: PrecopyPolicy | undefined): Course {
  return { settings, decide: policyFor(settings, own), bandwidth: bandwidthOf(settings, own !== undefined) };
}

/**
 * Leaves out the passes that were made while it was held: they say nothing of the guest, and count towards no limit. The
 * first whole one after them counts as the first.
 */
function sinceHeld(stats: PrecopyStats, heldUntil: number): PrecopyStats {
  if (heldUntil === 0) return stats;
  const iteration = stats.iteration - heldUntil + 1;
  return { ...stats, iteration, dirtyCounts: stats.dirtyCounts.slice(-iteration) };
}
