/** The account of a migration: what was asked for, and what has been done so far. Its last line is made of it. */
import type { PassReport } from '@mig/hypervisor';
import { type OperatorStatus, settingsInForce, settingsOnWire } from '@mig/operator';
import { downtimeGoal, type Settings } from '@mig/sender/policy';
import { runsAsBefore, type SourceOutcome, type TargetOutcome } from '@mig/protocol/handshake';
import type { TaskEvents } from '../worker/task.js';

export interface Asked {
  readonly domain: string;
  readonly uuid: string;
  /** The target in words. */
  readonly target: string;
  readonly settings: Settings;
  /** The path of the operator's own policy. */
  readonly ownPolicy: string | undefined;
  readonly debug: boolean;
  /** Whether the target checks digests of the stream. */
  readonly digest?: boolean;
  /** Whether the domain is going to be paused at the target. */
  readonly paused: boolean;
}

/** A goal in JSON; `met` is absent if it cannot be told. */
export interface GoalFields {
  readonly askedMilliseconds: number;
  readonly downtimeMilliseconds?: number;
  readonly met?: boolean;
}

export class Account {
  readonly #began = new Date();
  readonly #passes: PassReport[] = [];
  #bannerAt: number | undefined;

  /** @param status the migration's status, once it runs: an operator may have changed its settings */
  constructor(
    readonly asked: Asked,
    private readonly status: () => OperatorStatus | undefined = () => undefined,
  ) {}

  onEvent(event: TaskEvents['migrate']): void {
    if (event.kind === 'pass-finished') this.#passes.push(event.pass);
    if (event.kind === 'source-state' && event.state !== 'awaiting-banner')
      this.#bannerAt ??= performance.now();
  }

  /** The finished passes. */
  get passes(): readonly PassReport[] {
    return this.#passes;
  }

  /** Bytes of memory sent; of a pass under way an estimate. */
  get octetsSent(): number {
    return this.status()?.octetsSent ?? 0;
  }

  /** Milliseconds since the banner; undefined before. */
  get sinceBanner(): number | undefined {
    return this.#bannerAt === undefined ? undefined : performance.now() - this.#bannerAt;
  }

  /** The goal of a migration that has moved its domain with this downtime, in milliseconds. */
  goalOf(downtime: number): GoalFields | undefined {
    return downtimeGoal(this.#inForce.maxDowntime, downtime);
  }

  /** The goal of a migration that has failed. */
  goalMissed(outcome: SourceOutcome | TargetOutcome | undefined): GoalFields | undefined {
    const { maxDowntime } = this.#inForce;
    if (maxDowntime === undefined) return undefined;
    return { askedMilliseconds: maxDowntime, ...(runsAsBefore(outcome) && { met: false }) };
  }

  /** The fields of the last line of `--json` that say which migration it was. */
  fields(): object {
    const { domain, uuid, target, ownPolicy, debug, digest } = this.asked;
    return {
      domain,
      uuid,
      target,
      date: this.#began.toISOString(),
      options: {
        ...settingsOnWire(this.#inForce),
        ownPolicy,
        debug: debug || undefined,
        digest: digest || undefined,
      },
    };
  }

  get #inForce(): Settings {
    const { settings, ownPolicy } = this.asked;
    return this.status()?.course ?? settingsInForce(settings, ownPolicy !== undefined);
  }
}
