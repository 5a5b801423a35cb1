/**
 * Long work runs in a worker, where it may block; the main thread keeps signals, progress and the transport's
 * child. This is what crosses between the two: plain values.
 */
import type { MigrationReport, SourceTimeouts } from '@mig/sender';
import type { ReceivedDomain, TargetTimeouts } from '@mig/receiver';
import type { ImageReport, ReceiveEvent, SendEvent } from '@mig/hypervisor';
import type { DirtySample } from '@mig/sender/estimate';
import type { Settings } from '@mig/sender/policy';
import type { MeasureTask } from './measure-task.js';
import type { SentConfiguration } from '../configuration/sent-configuration.js';
import type { Completion } from '../io/output-file.js';
import type { SharedInterrupt } from '@mig/posix';
import type { MessagePort } from 'node:worker_threads';
import type { TraceTask } from './trace-task.js';
import type { SourceOutcome, SourceState, TargetOutcome, TargetState } from '@mig/protocol/handshake';

export type Task =
  | {
      readonly kind: 'migrate';
      readonly domid: number;
      /** The domain's, when it was looked at. */
      readonly epoch: number;
      readonly inputFd: number;
      readonly outputFd: number;
      /** For the host to remember, see sent-to.ts. */
      readonly sentTo: string;
      /** Until the operator says otherwise. */
      readonly settings: Settings;
      /** The path of a module that decides. */
      readonly ownPolicy: string | undefined;
      /** Milliseconds; see SaveOptions. */
      readonly suspendCost: number;
      /** Pages per second; see SaveOptions. */
      readonly lineRate: number | undefined;
      readonly debug: boolean;
      /** See Purpose. */
      readonly unchecked: boolean;
      readonly trace: TraceTask | undefined;
      readonly configuration: SentConfiguration;
      readonly timeouts: SourceTimeouts;
    }
  | {
      readonly kind: 'receive';
      readonly paused: boolean;
      /** See RestoreOptions. */
      readonly unchecked: boolean;
      /** Somebody is to wait for the domain's end, where the host needs that. */
      readonly attend: boolean;
      /** What happens to the image is told as well. */
      readonly imageEvents: boolean;
      readonly timeouts: TargetTimeouts;
    }
  | {
      readonly kind: 'save';
      readonly domid: number;
      /** The domain's, when it was looked at. */
      readonly epoch: number;
      /** Where the image goes. */
      readonly file: Completion;
      /** Its path, for the words of a refusal to others. */
      readonly path: string;
      readonly configuration: SentConfiguration;
      readonly after: 'destroy' | 'resume' | 'resume-paused';
      readonly timeouts: SourceTimeouts;
    }
  | {
      readonly kind: 'restore';
      readonly inputFd: number;
      readonly paused: boolean;
      /** The configuration in place of what the image carries, as libxl JSON, and the file that it is from. */
      readonly replacement: { readonly json: string; readonly file: string } | undefined;
      /** Milliseconds for the image to move. */
      readonly progress: number;
    }
  | MeasureTask;

export interface TaskInput {
  readonly task: Task;
  /** Ends the task where that is safe. */
  readonly stop: SharedInterrupt;
  /** Ends the wait for the other end's report, where stopping no longer is: the outcome is then unknown. */
  readonly abandon: SharedInterrupt;
  /** SteeringMessages come from it. */
  readonly steering: MessagePort;
  /** One word: odd while the operator's own policy is asked. */
  readonly asking: Int32Array<SharedArrayBuffer>;
}

/** What each kind of task tells while it runs; within a pass not each time. */
export interface TaskEvents {
  migrate: SendEvent;
  receive: ReceiveEvent;
  save: never;
  restore: never;
  measure: never;
}

export interface TaskResults {
  /** And for how long the target kept the first pass waiting, where that could be told. */
  migrate: MigrationReport & { readonly startWaitMilliseconds: number | undefined };
  receive: ReceivedDomain;
  save: ImageReport;
  restore: ReceivedDomain;
  measure: DirtySample;
}

/** What went wrong, ready to be shown. */
export interface Failure {
  readonly message: string;
  /** What became of the domain, and what to do next. */
  readonly advice: readonly string[];
  readonly exitStatus: number;
  /** The code of the decision that aborted it. */
  readonly reason?: string;
  readonly state?: SourceState | TargetState;
  readonly outcome?: SourceOutcome | TargetOutcome;
}

export type TaskMessage =
  | { readonly kind: 'event'; readonly event: TaskEvents[keyof TaskEvents] }
  /** A record of the trace, as it stands in one. */
  | { readonly kind: 'trace'; readonly octets: Uint8Array }
  | { readonly kind: 'result'; readonly result: TaskResults[keyof TaskResults] }
  | { readonly kind: 'failure'; readonly failure: Failure };
