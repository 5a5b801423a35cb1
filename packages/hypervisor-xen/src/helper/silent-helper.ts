/**
 * Xen's own save helper, while it works for mig. It tells mig nothing, so the kernel is asked what it does:
 * proc_pid_io(5), proc_pid_status(5) and proc_pid_syscall(5).
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Timeout, TimeoutError } from '@mig/posix';

/** The result of a stop: the helper is waiting for libxl's answer, was told, or has ended. */
export type StopAttempt = 'asks' | 'told' | 'gone';

/** read(2) of descriptor 0 on x86-64: the wait for libxl's answer. */
const READS_ANSWER = /^0 0x0 /;

export class SilentHelper {
  readonly #before: number;
  #mark = '';
  #movedAt = performance.now();

  /** @param libxl the process that started it, and writes the rest of the stream */
  constructor(
    readonly pid: number,
    private readonly libxl: number,
    private readonly proc = '/proc',
  ) {
    this.#before = this.#writtenInAll;
  }

  /**
   * Octets that the two processes have written since the start: the stream, and some KiB of messages
   * between them. 0 if the kernel does not count.
   */
  get written(): number {
    return this.#writtenInAll - this.#before;
  }

  /** Octets of both. A process that has waited for another includes that one's. */
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
   * Checks that the stream moves: a process that waits for the other end wakes whenever that reads, also in
   * the middle of a large write.
   * @throws TimeoutError where neither process has moved for that time
   */
  checkMoves({ what, milliseconds }: Timeout): void {
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
   * Tells it to end, unless it waits for an answer of libxl (the guest's suspend), when libxl does not
   * expect its end. It cleans up at its next write; a restore ends at once.
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

  /** @returns '' if there is no such process, or the kernel does not tell */
  #read(pid: number, file: string): string {
    try {
      return readFileSync(join(this.proc, String(pid), file), 'latin1');
    } catch {
      return '';
    }
  }
}
