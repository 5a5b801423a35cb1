/**
 * What the operator may change while a migration runs, on its way into the worker that is blocked in it: the worker looks
 * for it whenever its policy is asked.
 */
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import type { Bandwidth, PrecopyPolicy } from '@mig/hypervisor';
import type { Course } from '@mig/sender/operator';
import { policyFor } from '@mig/sender/policy';

export type { Course };

export type SteeringMessage =
  | { readonly kind: 'course'; readonly course: Course }
  /** Suspend now, whatever is dirty. */
  | { readonly kind: 'switchover' };

export class Steering {
  #decide: PrecopyPolicy;
  #bandwidth: Bandwidth | undefined;
  #switchover = false;

  /**
   * @param own the operator's own policy, where there is one
   * @param changed hears of another course before the policy is asked again
   */
  constructor(
    private readonly port: MessagePort,
    course: Course,
    private readonly own: PrecopyPolicy | undefined,
    private readonly changed: (course: Course) => void,
  ) {
    this.#decide = policyFor(course.policy, own);
    this.#bandwidth = this.#bandwidthOf(course);
  }

  readonly policy: PrecopyPolicy = (stats) => {
    this.#hear();
    if (!this.#switchover) return this.#decide(stats);
    const sentence = `the operator asked for the switchover; live passes finished: ${stats.iteration}`;
    return { decision: 'stop-and-copy', reason: { code: 'operator', sentence } };
  };

  readonly bandwidth = (): Bandwidth | undefined => {
    this.#hear();
    return this.#bandwidth;
  };

  /** A policy of the operator's may ask for the downtime as well. */
  #bandwidthOf({ policy, bandwidth }: Course): Bandwidth | undefined {
    return bandwidth && { ...bandwidth, probe: policy.maxDowntime !== undefined || this.own !== undefined };
  }

  #hear(): void {
    for (;;) {
      const received = receiveMessageOnPort(this.port) as { message: SteeringMessage } | undefined;
      if (received === undefined) return;
      const { message } = received;
      if (message.kind === 'switchover') {
        this.#switchover = true;
      } else {
        this.#decide = policyFor(message.course.policy, this.own);
        this.#bandwidth = this.#bandwidthOf(message.course);
        this.changed(message.course);
      }
    }
  }
}
