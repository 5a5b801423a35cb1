/** A migration as its operator sees it: performs requests, or refuses them in words. */
import type { OperatorErrorCode, OperatorStatus, SettingsChange } from './wire/operator-protocol.js';
import type { SourceState } from '@mig/protocol/handshake';
import { downtimeCondition, type Settings } from '@mig/sender/policy';
import { changedSettings, settingsInForce } from './settings-change.js';
import type { MigrationRecord } from './migration-record.js';
import { MigrationProgress } from './migration-progress.js';

/** Controls of the loop, which may be in another thread. */
export interface MigrationControl {
  change(settings: Settings): void;
  /** Makes the policy end precopy when it is next asked. */
  switchover(): void;
  /** Makes live passes go on where the policy would end them, until it is let go. */
  hold(held: boolean): void;
  /** Ends the migration where that is safe: the interrupt of its channel. */
  stop(): void;
}

export interface Refusal {
  readonly refused: OperatorErrorCode;
  readonly message: string;
}

export class SteeredMigration {
  #settings: Settings;
  /** Operators who hold it. */
  readonly #holders = new Set<object>();

  constructor(
    readonly record: MigrationRecord,
    settings: Settings,
    private readonly control: MigrationControl,
    private readonly ownPolicy?: string,
    readonly progress = new MigrationProgress(),
  ) {
    this.#settings = settings;
  }

  status(): OperatorStatus {
    const { ownPolicy } = this;
    return {
      ...this.record,
      ...this.progress.figures(),
      course: this.#inForce(),
      ...(ownPolicy !== undefined && { ownPolicy }),
      ...(this.#holders.size > 0 && { held: true }),
    };
  }

  abort(): Refusal | undefined {
    const message = this.#tooLateToAbort();
    if (message !== undefined) return message;
    this.control.stop();
    return undefined;
  }

  /** @returns the status at the time of the order */
  switchover(now: boolean): OperatorStatus | Refusal {
    const refusal = this.#precopyOver() ?? (now ? undefined : this.#firstPass());
    if (refusal !== undefined) return refusal;
    this.control.switchover();
    return this.status();
  }

  /**
   * Holds the migration in its live passes, or lets it go; it goes on once all have let go.
   * @param holder whoever holds it, by identity
   * @returns the status at the time of the order
   */
  hold(holder: object, held: boolean): OperatorStatus | Refusal {
    if (held) {
      const refusal = this.#precopyOver() ?? this.#precopyDecided();
      if (refusal !== undefined) return refusal;
    }
    const before = this.#holders.size > 0;
    if (held) this.#holders.add(holder);
    else this.#holders.delete(holder);
    const isHeld = this.#holders.size > 0;
    if (isHeld !== before) this.control.hold(isHeld);
    return this.status();
  }

  /** @returns the settings then in force */
  set(change: SettingsChange): Settings | Refusal {
    const refusal = this.#precopyOver() ?? this.#precopyDecided();
    if (refusal !== undefined) return refusal;
    const changed = changedSettings(this.#settings, change);
    if (typeof changed === 'string') return { refused: 'bad-value', message: changed };
    const passed = change.timeout === undefined ? undefined : this.#timeoutPassed(changed);
    const hopeless = passed ?? this.#outOfReach(changed);
    if (hopeless !== undefined) return hopeless;
    this.#settings = changed;
    this.control.change(changed);
    return this.#inForce();
  }

  #inForce(): Settings {
    return settingsInForce(this.#settings, this.ownPolicy !== undefined);
  }

  #tooLateToAbort(): Refusal | undefined {
    const { domain, target } = this.record;
    switch (this.progress.phase) {
      case 'giving-permission':
      case 'awaiting-report':
        return {
          refused: 'past-no-return',
          message: `${target} has permission to run ${domain}, and its report is awaited: it may be running there`,
        };
      case 'awaiting-permission-back':
      case 'taking-back':
      case 'taken-back':
        return {
          refused: 'decided',
          message: `${target} could not start ${domain}, which is being brought back here`,
        };
      case 'destroying':
      case 'completed':
        return { refused: 'decided', message: `${domain} runs at ${target} already` };
      case 'awaiting-banner':
      case 'precopy':
      case 'suspending':
      case 'stop-and-copy':
      case 'awaiting-ready':
      case 'renaming-away':
        return undefined;
    }
  }

  #precopyOver(): Refusal | undefined {
    const { phase, precopyEnd } = this.progress;
    if (isBeforeSuspend(phase)) return undefined;
    const why = precopyEnd === undefined ? '' : `: ${precopyEnd.sentence}`;
    return { refused: 'precopy-over', message: `precopy of ${this.record.domain} is over${why}` };
  }

  /** The refusal once precopy's end is decided: pages dirty by then are sent once more, live. */
  #precopyDecided(): Refusal | undefined {
    const { precopyEnd } = this.progress;
    if (precopyEnd === undefined) return undefined;
    const message = `precopy of ${this.record.domain} is about to end: ${precopyEnd.sentence}`;
    return { refused: 'precopy-over', message };
  }

  /**
   * The refusal of a timeout that has passed: it counts from the beginning and would suspend at once, which
   * a switchover would be refused for.
   */
  #timeoutPassed({ timeout, timeoutAction }: Settings): Refusal | undefined {
    if (timeout === undefined || timeoutAction === 'abort') return undefined;
    if (timeout > this.progress.figures().elapsedMilliseconds) return undefined;
    const refusal = this.#firstPass();
    return (
      refusal && {
        refused: 'bad-value',
        message: `--timeout ${timeout / 1000} s from the beginning have passed already, and ${refusal.message}`,
      }
    );
  }

  /**
   * The refusal of a condition that nothing can meet: it would abort at once, and `abort` is the clearer
   * request.
   */
  #outOfReach(settings: Settings): Refusal | undefined {
    const condition = downtimeCondition(settings, this.ownPolicy !== undefined);
    const { suspendCost } = this.progress;
    if (condition === undefined || suspendCost < condition) return undefined;
    const message =
      `--max-downtime ${condition} with --abort-if-busy: out of reach, since the suspend itself counts for ` +
      `${Math.round(suspendCost)} ms; the migration would end at once, as migrate-abort ends it`;
    return { refused: 'bad-value', message };
  }

  #firstPass(): Refusal | undefined {
    const { iteration, pagesLeft, downtime, precopyEnd } = this.progress;
    if (iteration > 0 || precopyEnd !== undefined) return undefined;
    const { domain } = this.record;
    const left = pagesLeft === undefined ? 'nothing was sent yet' : `${pagesLeft} pages are still unsent`;
    const time =
      downtime === undefined
        ? `${domain} would be paused while all of its memory is sent`
        : `${domain} would be paused for up to ${(downtime.most / 1000).toFixed(1)} s`;
    return { refused: 'first-pass', message: `the first pass is not finished, and ${left}: ${time}` };
  }
}

function isBeforeSuspend(phase: SourceState): boolean {
  return phase === 'awaiting-banner' || phase === 'precopy';
}
