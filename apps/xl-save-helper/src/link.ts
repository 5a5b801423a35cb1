/**
 * Where our own `xl` started libxl, it listens to the helper, and its policy decides: over two of its descriptors, which
 * MIG_HELPER_LINK names (LINK_VARIABLE says how).
 */
import {
  type Bandwidth,
  HostError,
  type ImageReport,
  type PrecopyPolicy,
  type SaveObserver,
} from '@mig/hypervisor';
import {
  type HelperDirective,
  type HelperEvent,
  type HelperFailure,
  JsonLines,
  jsonLine,
  LINK_VARIABLE,
} from '@mig/hypervisor-xen/memory';
import { duplicateFrom, Input, Output, TimeoutError } from '@mig/posix';
import { PrecopyAbortedError } from '@mig/sender';

/** Milliseconds between two questions, or two news of progress, within a pass: at least, and at most. */
const INTERVAL = { least: 100, most: 2000 };

/** A pass takes so many times as long as the answers to the questions in it: on a busy machine they are slow. */
const WORTH = 20;

export class Link {
  readonly #output: Output;
  readonly #directives: JsonLines;
  #bandwidth: Bandwidth | undefined;
  #interval = INTERVAL.least;

  /** @returns undefined where nobody listens */
  static open(environment: Readonly<Record<string, string | undefined>>): Link | undefined {
    const [pid, to, from, bitmaps] = (environment[LINK_VARIABLE] ?? '').split(',');
    if (pid === undefined || to === undefined || from === undefined) return undefined;
    const own = (fd: string) => duplicateFrom(Number(pid), Number(fd));
    return new Link(own(to), own(from), bitmaps === 'bitmaps');
  }

  private constructor(
    to: number,
    /** Where decisions come from: it ends with xl. */
    readonly from: number,
    private readonly bitmaps: boolean,
  ) {
    this.#output = new Output(to, { subject: 'the news to xl' });
    this.#directives = new JsonLines(new Input(from, { subject: "xl's decisions" }));
    this.#tell({ event: 'helper', pid: process.pid });
  }

  #tell(event: HelperEvent): void {
    this.#output.write(jsonLine(event));
  }

  /** Asks xl. In the middle of a pass not each time: each question is a round trip. */
  get policy(): PrecopyPolicy {
    let asked = 0;
    return (stats) => {
      const now = performance.now();
      if (stats.point === 'between-batches' && now - asked < this.#interval)
        return { decision: 'continue-precopy' };
      this.#tell({ event: 'consult', stats });
      const { decision, bandwidth } = this.#directives.next() as HelperDirective;
      this.#bandwidth = bandwidth;
      asked = performance.now();
      this.#interval = Math.min(INTERVAL.most, Math.max(INTERVAL.least, (asked - now) * WORTH));
      return decision;
    };
  }

  /** What xl said last. */
  readonly bandwidth = (): Bandwidth | undefined => this.#bandwidth;

  get observer(): SaveObserver {
    let told = 0;
    return {
      passStarted: (pass) => this.#tell({ event: 'pass-started', pass }),
      passProgress: (pass) => {
        const now = performance.now();
        if (now - told < this.#interval) return;
        told = now;
        this.#tell({ event: 'pass-progress', pass });
      },
      passFinished: (pass) => this.#tell({ event: 'pass-finished', pass }),
      precopyEnded: (reason) => this.#tell({ event: 'precopy-ended', reason }),
      suspended: () => this.#tell({ event: 'suspended' }),
      ...(this.bitmaps && {
        logRead: (pass, { buffer, byteOffset, byteLength }) =>
          this.#tell({
            event: 'log-read',
            pass,
            bitmap: Buffer.from(buffer, byteOffset, byteLength).toString('base64'),
          }),
      }),
    };
  }

  image(report: ImageReport): void {
    const suspendRequestedAt = report.suspendRequestedAt + performance.timeOrigin;
    this.#tell({ event: 'image', report: { ...report, suspendRequestedAt } });
  }

  /** From here on this process is another program, which has no news for xl. */
  handedOn(): void {
    this.#tell({ event: 'handed-on' });
  }

  failed(error: unknown): void {
    try {
      this.#tell({ event: 'failed', failure: inWords(error) });
    } catch {
      // xl is gone; libxl is still to hear what went wrong first.
    }
  }
}

function inWords(error: unknown): HelperFailure {
  if (error instanceof PrecopyAbortedError) return { kind: 'aborted', reason: error.reason };
  if (error instanceof TimeoutError) {
    const { what, milliseconds } = error;
    return { kind: 'timeout', what, milliseconds };
  }
  if (error instanceof HostError) {
    const { code, message } = error;
    return { kind: 'host', code, message };
  }
  return { kind: 'other', message: error instanceof Error ? error.message : String(error) };
}
