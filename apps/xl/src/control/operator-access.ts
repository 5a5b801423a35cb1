/**
 * Publishes this process's migration to operators. Best effort: if the state folder is not writable the
 * migration runs without it.
 */
import {
  claimMigration,
  type MigrationClaim,
  MigrationClaimedError,
  type MigrationEnd,
  MigrationFolder,
  type MigrationRecord,
  OperatorServer,
  type OperatorStatus,
  SteeredMigration,
} from '@mig/operator';
import type { Settings } from '@mig/sender/policy';
import type { TaskControl } from '../worker/run-task.js';
import type { TaskEvents, TaskFailure } from '../worker/task.js';
import { describeError } from '../output/errors.js';
import { Failure } from '../output/failure.js';

export class OperatorAccess {
  #migration: SteeredMigration | undefined;
  #server: Promise<OperatorServer | undefined> = Promise.resolve(undefined);
  #listening: OperatorServer | undefined;
  #over = false;

  private constructor(
    private readonly record: MigrationRecord,
    private readonly claim: MigrationClaim | undefined,
    private readonly note: (text: string) => void,
  ) {}

  /**
   * Claims the domain for this process.
   * @throws Failure where another process migrates it
   */
  static async claim(
    stateFolder: string,
    record: MigrationRecord,
    note: (text: string) => void,
  ): Promise<OperatorAccess> {
    try {
      const claim = await claimMigration(new MigrationFolder(stateFolder), record);
      if (claim.unnoted !== undefined) note(unreachable(claim.unnoted));
      return new OperatorAccess(record, claim, note);
    } catch (error) {
      if (error instanceof MigrationClaimedError) throw refusal(record, error);
      note(unreachable(error));
      return new OperatorAccess(record, undefined, note);
    }
  }

  start(control: TaskControl, settings: Settings, ownPolicy: string | undefined): void {
    const hand = {
      change: (settings: Settings) => control.steer({ kind: 'settings', settings }),
      switchover: () => control.steer({ kind: 'switchover' }),
      hold: (held: boolean) => control.steer({ kind: 'hold', held }),
      stop: () => control.stop('operator'),
    };
    const migration = (this.#migration = new SteeredMigration(this.record, settings, hand, ownPolicy));
    if (this.claim === undefined) return;
    this.#server = OperatorServer.listen(this.claim.socketPath, migration).then(
      (server) => (this.#listening = server),
      (error: unknown) => {
        this.note(unreachable(error));
        return undefined;
      },
    );
  }

  event(event: TaskEvents['migrate']): void {
    if (event.kind === 'note' || event.kind === 'settings-changed') return;
    this.#migration?.progress.onEvent(event);
    this.#listening?.news(event.kind === 'source-state' || event.kind === 'precopy-ended');
  }

  /** The migration's status; undefined before it has started. */
  status(): OperatorStatus | undefined {
    return this.#migration?.status();
  }

  moved(): Promise<void> {
    const { domain, target } = this.record;
    return this.#end({
      outcome: 'moved',
      exitStatus: 0,
      message: '',
      advice: [`${domain} runs at ${target}.`],
      asBefore: false,
    });
  }

  failed(failure: TaskFailure): Promise<void> {
    return this.#end(endOf(failure));
  }

  /**
   * Reports that the worker thread died. What it began in other processes ends with this process: until
   * then the domain stays claimed.
   */
  died(failure: TaskFailure): Promise<void> {
    return this.#end(endOf(failure), 'keep');
  }

  /** Closes the access, however the migration ended. */
  close(): Promise<void> {
    return this.#end(undefined);
  }

  async #end(end: MigrationEnd | undefined, claim: 'release' | 'keep' = 'release'): Promise<void> {
    if (this.#over) return;
    this.#over = true;
    try {
      await (await this.#server)?.close(end);
      if (claim === 'release') this.claim?.release();
    } catch (error) {
      this.note(`what this migration noted of itself stays behind: ${describeError(error)}`);
    }
  }
}

function endOf({ message, advice, exitStatus, outcome, asBefore }: TaskFailure): MigrationEnd {
  // A failure before the handshake has touched nothing.
  if (outcome === undefined) return { outcome: 'untouched', exitStatus, message, advice, asBefore: true };
  return {
    outcome: outcome as MigrationEnd['outcome'],
    exitStatus,
    message,
    advice,
    asBefore: asBefore === true,
  };
}

function unreachable(error: unknown): string {
  return `mig migrate-status and the like will not reach this migration: ${describeError(error)}`;
}

function refusal({ domain }: MigrationRecord, { by, cause }: MigrationClaimedError): Failure {
  const whereto = by === undefined ? '' : ` to ${by.target}, by process ${by.pid}`;
  return new Failure(
    `${domain} is being migrated already${whereto}: 'mig migrate-status ${domain}' shows its progress`,
    undefined,
    { cause },
  );
}
