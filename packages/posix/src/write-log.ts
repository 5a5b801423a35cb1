/**
 * The kernel's log of written pages: userfaultfd in asynchronous write-protect mode on the writer's side, the
 * PAGEMAP_SCAN ioctl on the reader's, which may be another process. Linux 6.7 and later. Sources:
 * include/uapi/linux/userfaultfd.h, include/uapi/linux/fs.h, Documentation/admin-guide/mm/pagemap.rst.
 */
import { openSync } from 'node:fs';
import { PosixError } from './errors.js';
import { attempt, call } from './libc.js';

const SYS_USERFAULTFD = process.arch === 'x64' ? 323 : 282;
const UFFD_USER_MODE_ONLY = 1;
const O_CLOEXEC_NONBLOCK = 0o2004000;

const UFFD_API = 0xaan;
const UFFD_FEATURE_WP_HUGETLBFS_SHMEM = 1n << 12n;
const UFFD_FEATURE_WP_UNPOPULATED = 1n << 13n;
const UFFD_FEATURE_WP_ASYNC = 1n << 15n;
const UFFDIO_API = 0xc018aa3f;
const UFFDIO_REGISTER = 0xc020aa00;
const UFFDIO_UNREGISTER = 0x8010aa01;
const UFFDIO_REGISTER_MODE_WP = 2n;

const PAGEMAP_SCAN = 0xc0606610;
const PM_SCAN_WP_MATCHING_CHECK_WPASYNC = 3;
const PAGE_IS_WRITTEN = 2;

const PAGE_SIZE = 4096;
/** Most regions that one call takes from the kernel: 24 octets each. */
const REGIONS = 16384;
const WORDS_PER_REGION = 6;

/** Logs this process's own writes to a range of its memory, from `start` on, for as long as it is open. */
export class WriteLog {
  readonly #fd: number;
  readonly #range: BigUint64Array;

  /**
   * Starts the log.
   * @param address page-aligned; the start of a shared mapping of an in-memory file
   * @param length octets
   * @throws PosixError if the kernel lacks asynchronous write-protection or forbids userfaultfd
   */
  constructor(address: number, length: number) {
    this.#fd = call(
      'syscall',
      'userfaultfd',
      SYS_USERFAULTFD,
      O_CLOEXEC_NONBLOCK | UFFD_USER_MODE_ONLY,
      0,
      0,
    );
    this.#range = new BigUint64Array([BigInt(address), BigInt(length)]);
    try {
      const features = UFFD_FEATURE_WP_HUGETLBFS_SHMEM | UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_WP_ASYNC;
      call('ioctl', 'UFFDIO_API', this.#fd, UFFDIO_API, new BigUint64Array([UFFD_API, features, 0n]));
      const request = new BigUint64Array([...this.#range, UFFDIO_REGISTER_MODE_WP, 0n]);
      call('ioctl', 'UFFDIO_REGISTER', this.#fd, UFFDIO_REGISTER, request);
    } catch (error) {
      attempt('close', this.#fd);
      throw error;
    }
  }

  /** Lifts the protection: writes have no cost any more. */
  close(): void {
    attempt('ioctl', this.#fd, UFFDIO_UNREGISTER, this.#range);
    attempt('close', this.#fd);
  }
}

/** Reads and clears, in one step, the log of a range in a process's memory. */
export class WriteLogReader {
  readonly #fd: number;
  readonly #arguments = new BigUint64Array(12);
  readonly #regions = new Uint32Array(REGIONS * WORDS_PER_REGION);

  /** @param pid a process of the same user, or 'self' */
  constructor(
    readonly pid: number | 'self',
    readonly address: number,
    readonly length: number,
  ) {
    this.#fd = openSync(`/proc/${pid}/pagemap`, 'r');
  }

  /**
   * Sets a bit for each page written since the last call, or since the start of the log, and restarts the
   * log.
   * @param bitmap one bit per page, lowest first; bits already set stay set
   * @returns the number of pages found written
   */
  readAndClear(bitmap: Uint32Array): number {
    let pages = 0;
    const end = this.address + this.length;
    for (let start = this.address; start < end;) {
      const found = this.#scan(start, end);
      for (let at = 0; at < found * WORDS_PER_REGION; at += WORDS_PER_REGION) {
        const first = this.#page(at);
        const past = this.#page(at + 2);
        setBits(bitmap, first, past);
        pages += past - first;
      }
      start = Number(this.#arguments[4]!);
    }
    return pages;
  }

  #scan(start: number, end: number): number {
    // struct pm_scan_arg { size, flags, start, end, walk_end, vec, vec_len, max_pages,
    //                      category_inverted, category_mask, category_anyof_mask, return_mask }
    const request = this.#arguments;
    request[0] = BigInt(request.byteLength);
    request[1] = BigInt(PM_SCAN_WP_MATCHING_CHECK_WPASYNC);
    request[2] = BigInt(start);
    request[3] = BigInt(end);
    request[4] = 0n;
    request[5] = BigInt(call('memmove', 'regions', this.#regions, this.#regions, 0));
    request[6] = BigInt(REGIONS);
    request[7] = 0n;
    request[8] = 0n;
    request[9] = BigInt(PAGE_IS_WRITTEN);
    request[10] = 0n;
    request[11] = BigInt(PAGE_IS_WRITTEN);
    return call('ioctl', `PAGEMAP_SCAN of process ${this.pid}`, this.#fd, PAGEMAP_SCAN, request);
  }

  #page(at: number): number {
    return (this.#regions[at]! + this.#regions[at + 1]! * 2 ** 32 - this.address) / PAGE_SIZE;
  }

  close(): void {
    attempt('close', this.#fd);
  }
}

/** Sets the bits first (inclusive) to past (exclusive). */
export function setBits(bitmap: Uint32Array, first: number, past: number): void {
  let word = first >>> 5;
  const lastWord = past >>> 5;
  let mask = 0xffffffff << (first & 31);
  for (; word < lastWord; word++, mask = 0xffffffff) bitmap[word]! |= mask;
  if ((past & 31) !== 0) bitmap[word]! |= mask & ~(0xffffffff << (past & 31));
}

/** Tells why this kernel cannot log written pages; undefined if it can. It tries with a page of its own. */
export function whyNoWriteLog(probe: { address: number; length: number }): PosixError | undefined {
  try {
    const log = new WriteLog(probe.address, probe.length);
    try {
      const reader = new WriteLogReader('self', probe.address, probe.length);
      try {
        reader.readAndClear(new Uint32Array(Math.ceil(probe.length / PAGE_SIZE / 32)));
      } finally {
        reader.close();
      }
    } finally {
      log.close();
    }
    return undefined;
  } catch (error) {
    if (error instanceof PosixError) return error;
    throw error;
  }
}
