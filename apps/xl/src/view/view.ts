/** The views of a migration: a bar per pass on a terminal, plain lines elsewhere, JSON lines for programs, failures alone. */
import type { MigrationReport } from '@mig/sender';
import type { TaskEvents, TaskFailure } from '../worker/task.js';
import type { Account } from './account.js';

export type ViewEvent = TaskEvents['migrate'];

export interface View {
  event(event: ViewEvent): void;
  /** Shows a remark that is for people only. */
  note(text: string): void;
  complete(report: MigrationReport, account: Account): void;
  failed(failure: TaskFailure, account: Account): void;
  /** Tells programs of a migration that did not begin; people read the reason on standard error. */
  refused(failure: TaskFailure, account: Account): void;
}

export type ViewKind = 'bars' | 'lines' | 'json' | 'quiet';
