/**
 * The helper's link to mig's own `xl`, if that has started libxl: xl listens to the helper, and its policy
 * decides, over two of xl's descriptors, which MIG_HELPER_LINK names (see LINK_VARIABLE).
 */
import { messageOf } from '@mig/errors';
import {
  type Bandwidth,
  HostError,
  type ImageReport,
  type PrecopyPolicy,
  type RestoreEvent,
  type SaveEvent,
} from '@mig/hypervisor';
import {
  type HelperDirective,
  type HelperFailure,
  type HelperMessage,
  JsonLines,
  jsonLine,
  LINK_VARIABLE,
  type LinkWish,
} from '@mig/hypervisor-xen/memory';
import { duplicateFrom, EndOfInputError, Input, Output, TimeoutError } from '@mig/posix';
import { StreamError } from '@mig/protocol';
import { PrecopyAbortedError } from '@mig/sender';

/** Least and most milliseconds between two questions, or two progress messages, within a pass. */
const INTERVAL = { least: 100, most: 2000 };

/** Least ratio of the time between questions to the time of an answer: on a busy machine answers are slow. */
const WORTH = 20;

export class Link {
  readonly #output: Output;
  readonly #directives: JsonLines;
  #bandwidth: Bandwidth | undefined;
  #interval = INTERVAL.least;
  /** Time of the last progress message to xl. */
  #progressAt = 0;

  /** Opens the link. @returns undefined if no xl listens */
  static open(environment: Readonly<Record<string, string | undefined>>): Link | undefined {
    const [pid, to, from, wish] = (environment[LINK_VARIABLE] ?? '').split(',');
    if (pid === undefined || to === undefined || from === undefined) return undefined;
    const own = (fd: string) => duplicateFrom(Number(pid), Number(fd));
    return new Link(own(to), own(from), wish);
  }

  private constructor(
    to: number,
    /** The descriptor from which decisions come: it ends with xl. */
    readonly from: number,
    private readonly wish: string | undefined,
  ) {
    this.#output = new Output(to, { subject: 'the news to xl' });
    this.#directives = new JsonLines(new Input(from, { subject: "xl's decisions" }));
    this.#send({ kind: 'helper', pid: process.pid });
  }

  #send(message: HelperMessage): void {
    this.#output.write(jsonLine(message));
  }

  /** Tells whether xl wants these messages, too. */
  wants(wish: LinkWish): boolean {
    return this.wish === wish;
  }

  /** A policy that asks xl, but not each time in the middle of a pass: each question is a round trip. */
  get policy(): PrecopyPolicy {
    let asked = 0;
    return (stats) => {
      const now = performance.now();
      if (stats.point === 'between-batches' && now - asked < this.#interval)
        return { decision: 'continue-precopy' };
      this.#send({ kind: 'consult', stats });
      const { decision, bandwidth } = this.#directives.next() as HelperDirective;
      this.#bandwidth = bandwidth;
      asked = performance.now();
      this.#interval = Math.min(INTERVAL.most, Math.max(INTERVAL.least, (asked - now) * WORTH));
      return decision;
    };
  }

  /** Returns the bandwidth limit that xl sent last. */
  readonly bandwidth = (): Bandwidth | undefined => this.#bandwidth;

  readonly onSaveEvent = (event: SaveEvent): void => {
    // xl knows what its own policy was asked.
    if (event.kind === 'consulted') return;
    if (event.kind !== 'pass-progress' || this.#isDue()) this.#send({ kind: 'saving', event });
  };

  readonly onRestoreEvent = (event: RestoreEvent): void => {
    if (event.kind !== 'incoming-pass-progress' || this.#isDue()) this.#send({ kind: 'restoring', event });
  };

  /** Tells whether the next progress message is due. */
  #isDue(): boolean {
    const now = performance.now();
    if (now - this.#progressAt < this.#interval) return false;
    this.#progressAt = now;
    return true;
  }

  image(report: ImageReport): void {
    const suspendRequestedAt = report.suspendRequestedAt + performance.timeOrigin;
    this.#send({ kind: 'image', report: { ...report, suspendRequestedAt } });
  }

  /** Tells xl that this process becomes another program, which sends it nothing. */
  handedOn(): void {
    this.#send({ kind: 'handed-on' });
  }

  failed(error: unknown): void {
    try {
      this.#send({ kind: 'failed', failure: inWords(error) });
    } catch {
      // xl is gone; libxl must still hear the first failure.
    }
  }
}

function inWords(error: unknown): HelperFailure {
  if (error instanceof PrecopyAbortedError) return { kind: 'aborted', reason: error.reason };
  if (error instanceof TimeoutError) {
    const { what, milliseconds } = error;
    return { kind: 'timeout', what, milliseconds };
  }
  const ended = error instanceof StreamError && error.code === 'truncated' ? error.cause : undefined;
  if (ended instanceof EndOfInputError) {
    const { subject, offset, missing } = ended;
    return { kind: 'ended', subject, offset, missing };
  }
  if (error instanceof HostError) {
    const { code, message } = error;
    return { kind: 'host', code, message };
  }
  return { kind: 'other', message: messageOf(error) };
}
