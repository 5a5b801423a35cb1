/** The views of a migration: a bar per pass on a terminal, plain lines elsewhere, JSON lines for programs. */
import type { SendEvent } from '@mig/hypervisor';
import type { MigrationReport } from '@mig/sender';
import type { Failure } from '../worker/task.js';

export interface View {
  event(event: SendEvent): void;
  /** Shows a remark that is for people only. */
  note(text: string): void;
  complete(report: MigrationReport): void;
  failed(failure: Failure): void;
}

export type ViewKind = 'bars' | 'lines' | 'json';
