/**
 * The messages and data between the main thread and the worker, as plain values. Long tasks run in the
 * worker, where they may block; the main thread keeps signals, progress and the transport's child.
 */
import type { MigrationReport, SourceTimeouts } from '@mig/sender';
import type { ReceivedDomain, TargetTimeouts } from '@mig/receiver';
import type { Compression, ImageReport, ReceiveEvent, SendEvent } from '@mig/hypervisor';
import type { DirtySample } from '@mig/sender/estimate';
import type { Settings } from '@mig/sender/policy';
import type { MeasureTask } from './measure-task.js';
import type { SentConfiguration } from '../configuration/sent-configuration.js';
import type { Completion } from '../io/output-file.js';
import type { SharedInterrupt } from '@mig/posix';
import type { MessagePort } from 'node:worker_threads';
import type { TraceTask } from './trace-task.js';
import type {
  ArrivalRefusal,
  SourceOutcome,
  SourceState,
  TargetOutcome,
  TargetState,
} from '@mig/protocol/handshake';

export type Task =
  | {
      readonly kind: 'migrate';
      readonly domid: number;
      /** The domain's epoch when it was looked at. */
      readonly epoch: number;
      readonly inputFd: number;
      readonly outputFd: number;
      /** The destination for the host to remember: see sent-to.ts. */
      readonly sentTo: string;
      /** The settings at the start, until the operator changes them. */
      readonly settings: Settings;
      /** The path of the module with the operator's own policy. */
      readonly ownPolicy: string | undefined;
      /** The fixed cost of a suspend in milliseconds: see SaveOptions. */
      readonly suspendCost: number;
      /** The line's rate in pages per second: see SaveOptions. */
      readonly lineRate: number | undefined;
      readonly debug: boolean;
      /** Compression of the pages: see SaveOptions. */
      readonly compress: Compression | undefined;
      /** Whether the target checks digests of the stream. */
      readonly digest: boolean;
      /** Whether known obstacles are ignored: see Purpose. */
      readonly unchecked: boolean;
      readonly trace: TraceTask | undefined;
      readonly configuration: SentConfiguration;
      readonly timeouts: SourceTimeouts;
    }
  | {
      readonly kind: 'receive';
      readonly paused: boolean;
      /** Whether known obstacles are ignored: see RestoreOptions. */
      readonly unchecked: boolean;
      /** Number of domains that may arrive at once, this one included. */
      readonly arrivalsMax: number | undefined;
      /** Whether to start a monitor of the domain's end, if the host needs one. */
      readonly attend: boolean;
      /** Whether the image's events are reported, too. */
      readonly imageEvents: boolean;
      readonly timeouts: TargetTimeouts;
    }
  | {
      readonly kind: 'save';
      readonly domid: number;
      /** The domain's epoch when it was looked at. */
      readonly epoch: number;
      /** The file that gets the image. */
      readonly file: Completion;
      /** Path of the file, for refusals to others. */
      readonly path: string;
      readonly configuration: SentConfiguration;
      readonly after: 'destroy' | 'resume' | 'resume-paused';
      readonly timeouts: SourceTimeouts;
    }
  | {
      readonly kind: 'restore';
      readonly inputFd: number;
      readonly paused: boolean;
      /** The configuration in place of the image's, as libxl JSON, and the name of its file. */
      readonly replacement: { readonly json: string; readonly file: string } | undefined;
      /** Timeout for the image to move by an octet, in milliseconds. */
      readonly progress: number;
    }
  | MeasureTask;

export interface TaskInput {
  readonly task: Task;
  /** Interrupt that ends the task where that is safe. */
  readonly stop: SharedInterrupt;
  /**
   * Interrupt that ends the wait for the other end's report, when stopping is no longer safe: the outcome is
   * then unknown.
   */
  readonly abandon: SharedInterrupt;
  /** Port from which SteeringMessages come. */
  readonly steering: MessagePort;
  /** A shared word: odd while the operator's own policy is asked. */
  readonly asking: Int32Array<SharedArrayBuffer>;
}

/** The operator has changed the settings; both are those in force, defaults included. */
export interface SettingsChanged {
  readonly kind: 'settings-changed';
  readonly before: Settings;
  readonly settings: Settings;
}

/** Events of each kind of task while it runs; within a pass not all of them. */
export interface TaskEvents {
  migrate: SendEvent | SettingsChanged;
  receive: ReceiveEvent;
  save: never;
  restore: never;
  measure: never;
}

export interface TaskResults {
  /** The report, and how long the target kept the first pass waiting, if that could be measured. */
  migrate: MigrationReport & { readonly startWaitMilliseconds: number | undefined };
  receive: ReceivedDomain;
  save: ImageReport;
  restore: ReceivedDomain;
  measure: DirtySample;
}

/** `signal`: Ctrl-C or another one; `operator`: `migrate-abort`; `policy`: a limit, a condition or an own policy. */
export type Stopper = 'signal' | 'operator' | 'policy';

/** A failure, worded for people. */
export interface TaskFailure {
  readonly message: string;
  /** The state of the domain, and what to do next. */
  readonly advice: readonly string[];
  readonly exitStatus: number;
  /** Code of the decision that aborted the migration. */
  readonly reason?: string;
  /** Names who asked for the end, if it was asked for and the domain stays as it was: no failure. */
  readonly stoppedBy?: Stopper;
  readonly state?: SourceState | TargetState;
  readonly outcome?: SourceOutcome | TargetOutcome;
  /** Code of the target's refusal, given before anything was sent. */
  readonly refusal?: ArrivalRefusal;
  /** The first line that came in place of the banner; empty if nothing came. */
  readonly heard?: string;
  /** Whether the domain was found here afterwards as it was before. */
  readonly asBefore?: boolean;
}

export type TaskMessage =
  | { readonly kind: 'event'; readonly event: TaskEvents[keyof TaskEvents] }
  /** A record of the trace, in its final form. */
  | { readonly kind: 'trace'; readonly octets: Uint8Array }
  | { readonly kind: 'result'; readonly result: TaskResults[keyof TaskResults] }
  | { readonly kind: 'failure'; readonly failure: TaskFailure };
