/**
 * Recorder of a trace, in the worker: each record is with the kernel before the migration takes its next
 * step.
 */
import { closeSync } from 'node:fs';
import { byKind, type EventTable, type SendEvent } from '@mig/hypervisor';
import type { MigrationReport } from '@mig/sender';
import { encodeTraceRecord, type KnownTraceRecord, packBitmap, TRACE_MAGIC, TRACE_VERSION } from '@mig/trace';
import { named } from './named-failure.js';
import type { Settings } from '@mig/sender/policy';
import type { TaskFailure } from './task.js';
import { describeError } from '../output/errors.js';
import { writeAll } from '../output/text-output.js';
import { traceSettings } from './settings.js';
import type { TraceTask } from './trace-task.js';

type Unstamped<R> = R extends KnownTraceRecord ? Omit<R, 'at'> : never;
type UnstampedRecord = Unstamped<KnownTraceRecord>;

/** Records for the events, as docs/formats.md publishes them. */
const records: EventTable<SendEvent, UnstampedRecord> = {
  'source-state': ({ state }) => ({ type: 'state', state }),
  'pass-started': ({ pass }) => ({ type: 'pass-started', ...pass }),
  // There would be a record for each batch.
  'pass-progress': undefined,
  'pass-finished': ({ pass }) => ({
    type: 'pass',
    ...pass,
    milliseconds: fine(pass.milliseconds),
    zeroPages: pass.zeroPages,
    octetsSaved: pass.octetsSaved,
    compressedPages: pass.compressedPages,
    octetsSavedByCompression: pass.octetsSavedByCompression,
    compressionLevel: pass.compressionLevel,
  }),
  consulted: ({ stats, answer }) => {
    const reason = answer.decision === 'continue-precopy' ? undefined : answer.reason;
    return {
      type: 'consulted',
      point: stats.point,
      iteration: stats.iteration,
      totalWritten: stats.totalWritten,
      dirtyCount: stats.dirtyCount,
      elapsedMilliseconds: fine(stats.elapsedMilliseconds),
      sendRate: whole(stats.sendRate),
      dirtyRate: whole(stats.dirtyRate),
      estimatedDowntime: stats.estimatedDowntime && fine(stats.estimatedDowntime),
      lineRate: whole(stats.lineRate),
      leastDowntime: stats.leastDowntime && fine(stats.leastDowntime),
      decision: answer.decision,
      code: reason?.code,
      sentence: reason?.sentence,
    };
  },
  'log-read': ({ pass, bitmap }) => ({ type: 'log-read', ...pass, bitmap: packBitmap(bitmap) }),
  'precopy-ended': ({ reason: { code, sentence } }) => ({ type: 'precopy-ended', code, sentence }),
  suspended: () => ({ type: 'suspended' }),
  note: undefined,
};

export interface TraceOutlets {
  /** Sends octets, which it may keep, to the main thread. */
  post(octets: Uint8Array): void;
  /** Remarks once that the file accepts no more: the migration goes on without a trace. */
  note(text: string): void;
}

/** Recorder of a trace. It throws nothing: no migration fails because of its trace. */
export class TraceRecorder {
  readonly #began = performance.now();
  #file: TraceTask['file'];

  constructor(
    private readonly task: TraceTask,
    private readonly outlets: TraceOutlets,
  ) {
    this.#file = task.file;
    const header = { magic: TRACE_MAGIC, version: TRACE_VERSION, date: Date.now(), ...task.header };
    this.#record({ type: 'header', ...header });
  }

  onEvent(event: SendEvent): void {
    const record = byKind(records, event);
    if (record !== undefined) this.#record(record);
  }

  settingsChanged(settings: Settings): void {
    this.#record({ type: 'course', settings: traceSettings(settings) });
  }

  complete(report: MigrationReport): void {
    this.#record({
      type: 'complete',
      suspendRequestedAt: fine(report.suspendRequestedAt - this.#began),
      suspendMilliseconds: fine(report.suspendMilliseconds),
      downtimeMilliseconds: fine(report.downtimeMilliseconds),
      suspendCostMilliseconds: fine(report.suspendCostMilliseconds),
      totalMilliseconds: fine(report.totalMilliseconds),
      octetsSent: report.octetsSent,
    });
    this.#close();
  }

  failed(failure: TaskFailure): void {
    const { message, advice, exitStatus, reason, state, outcome, stoppedBy } = named(
      failure,
      this.task.names,
    );
    this.#record({ type: 'failed', message, advice, exitStatus, reason, state, outcome, stoppedBy });
    this.#close();
  }

  #record(record: UnstampedRecord): void {
    try {
      const octets = encodeTraceRecord({ ...record, at: fine(performance.now() - this.#began) });
      if (this.#file !== undefined) writeAll(this.#file.descriptor, octets, this.#file.path);
      if (this.task.posted) this.outlets.post(octets);
    } catch (error) {
      if (this.#file === undefined) return;
      this.outlets.note(`the trace ends early: ${describeError(error)}`);
      this.#close();
      if (this.task.posted) this.#record(record);
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = undefined;
    try {
      if (file !== undefined) closeSync(file.descriptor);
    } catch (error) {
      this.outlets.note(`the trace may end early: ${describeError(error)}`);
    }
  }
}

/** Rounds to microseconds, the clock's useful precision. */
function fine(milliseconds: number): number {
  return Math.round(milliseconds * 1000) / 1000;
}

function whole(rate: number | undefined): number | undefined {
  return rate === undefined ? undefined : Math.round(rate);
}
