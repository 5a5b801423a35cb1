/**
 * Xen's own save helper, while it works for mig. It has nothing to say to mig: so the kernel is asked what it does, by
 * proc_pid_io(5), proc_pid_status(5) and proc_pid_syscall(5).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Patience, TimeoutError } from '@mig/posix';

/** What was asked of a helper that is to end: it is in the middle of a question to libxl, was told, or has ended. */
export type StopAttempt = 'asks' | 'told' | 'gone';

/** read(2) of descriptor 0 on x86-64: the answer of libxl. */
const READS_ANSWER = /^0 0x0 /;

export class SilentHelper {
  readonly #before: number;
  #mark = '';
  #movedAt = performance.now();

  /** @param libxl the process that has started it, and writes the rest of the stream */
  constructor(
    readonly pid: number,
    private readonly libxl: number,
    private readonly proc = '/proc',
  ) {
    this.#before = this.#writtenInAll;
  }

  /**
   * Octets that the two processes have written since. That is the stream, and what they say to each other: some KiB. 0 where
   * the kernel does not count.
   */
  get written(): number {
    return this.#writtenInAll - this.#before;
  }

  /** A process that has waited for another counts what that has written as its own. */
  get #writtenInAll(): number {
    return this.#writtenBy(this.pid) + this.#writtenBy(this.libxl);
  }

  #writtenBy(pid: number): number {
    return Number(/^wchar: (\d+)$/m.exec(this.#read(pid, 'io'))?.[1] ?? 0);
  }

  get isGone(): boolean {
    return this.#read(this.pid, 'status') === '';
  }

  /**
   * A process that waits for the other end of the stream is woken whenever that moves, also in the midst of a large write.
   * @throws TimeoutError where neither process has moved for so long
   */
  checkMoves({ what, milliseconds }: Patience): void {
    const mark = [this.pid, this.libxl].map((pid) => this.#markOf(pid)).join();
    const now = performance.now();
    if (mark !== this.#mark) this.#movedAt = now;
    this.#mark = mark;
    if (now - this.#movedAt >= milliseconds) throw new TimeoutError(what, milliseconds);
  }

  #markOf(pid: number): string {
    const counts = /^(?:rchar|wchar|voluntary_ctxt_switches|nonvoluntary_ctxt_switches):.*$/gm;
    return (this.#read(pid, 'io') + this.#read(pid, 'status')).match(counts)?.join() ?? '';
  }

  /**
   * Ends it, unless it waits for an answer of libxl, for the guest's suspend that is: libxl does not expect its end then.
   * It clears up at its next write; a restore ends at once.
   */
  stop(): StopAttempt {
    if (this.isGone) return 'gone';
    if (READS_ANSWER.test(this.#read(this.pid, 'syscall'))) return 'asks';
    try {
      process.kill(this.pid, 'SIGTERM');
      return 'told';
    } catch {
      return 'gone';
    }
  }

  /** @returns '' where there is no such process, or the kernel does not tell */
  #read(pid: number, file: string): string {
    try {
      return readFileSync(join(this.proc, String(pid), file), 'latin1');
    } catch {
      return '';
    }
  }
}
