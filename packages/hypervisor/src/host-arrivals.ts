/**
 * The arrivals of a host that has a folder and a lock, in files of that folder:
 *
 *     cordon.json   there while the host is cordoned
 *     arrivals/     a file for each domain that arrives, locked by the process that receives it
 *
 * The kernel ends the lock of a process that dies: so its file does not count, and is removed by whoever looks next.
 */
import { messageOf } from '@mig/errors';
import { randomUUID } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { type Admission, arrivalRefusal, type Arrivals, type ArrivalsNow, type Cordon } from './arrivals.js';
import { HostError } from './errors.js';

export interface HostFiles {
  /** The host's folder. */
  readonly folder: string;
  /** Runs the action under the host's lock, and makes the folder if it is missing. */
  locked<T>(action: () => T): T;
  /** Takes the exclusive lock on an open file, which ends with the file or the process. */
  tryLock(descriptor: number): boolean;
}

export class HostArrivals implements Arrivals {
  readonly #mark: string;
  readonly #arriving: string;

  constructor(private readonly files: HostFiles) {
    this.#mark = join(files.folder, 'cordon.json');
    this.#arriving = join(files.folder, 'arrivals');
  }

  now(): ArrivalsNow {
    // A look makes no folder.
    if (!existsSync(this.files.folder)) return { cordon: undefined, underWay: 0 };
    return this.#locked(() => this.#look());
  }

  admit(most?: number): Admission {
    return this.#locked(() => {
      const refusal = arrivalRefusal(this.#look(), most);
      if (refusal !== undefined) throw refusal;
      return this.#begin();
    });
  }

  cordon({ reason, by, since }: Cordon): ArrivalsNow {
    return this.#locked(() => {
      replaceDurably(this.files.folder, this.#mark, `${JSON.stringify({ reason, by, since })}\n`);
      return this.#look();
    });
  }

  uncordon(): Cordon | undefined {
    return this.#locked(() => {
      const cordon = readCordon(this.#mark);
      if (cordon === undefined) return undefined;
      rmSync(this.#mark);
      sync(this.files.folder);
      return cordon;
    });
  }

  #locked<T>(action: () => T): T {
    return this.files.locked(() => {
      try {
        return action();
      } catch (error) {
        if (error instanceof HostError) throw error;
        const message = `the arrivals of this host cannot be managed: ${messageOf(error)}`;
        throw new HostError('unavailable', message, { cause: error });
      }
    });
  }

  #look(): ArrivalsNow {
    return { cordon: readCordon(this.#mark), underWay: this.#count() };
  }

  /** Counts the files that a process has locked; removes the others. Only under the lock: each is new and not locked yet for a moment. */
  #count(): number {
    return filesIn(this.#arriving).filter((path) => {
      const descriptor = ifThere(() => openSync(path, 'r'));
      // Its arrival has just ended.
      if (descriptor === undefined) return false;
      try {
        const isLeft = this.files.tryLock(descriptor);
        if (isLeft) rmSync(path, { force: true });
        return !isLeft;
      } finally {
        closeSync(descriptor);
      }
    }).length;
  }

  #begin(): Admission {
    mkdirSync(this.#arriving, { recursive: true, mode: 0o700 });
    const path = join(this.#arriving, randomUUID());
    const descriptor = openSync(path, 'wx', 0o600);
    if (!this.files.tryLock(descriptor)) {
      closeSync(descriptor);
      throw new HostError('unavailable', `${path} cannot be locked`);
    }
    let released = false;
    return {
      release() {
        if (released) return;
        released = true;
        try {
          rmSync(path, { force: true });
        } catch {
          // Whoever looks next removes it.
        } finally {
          closeSync(descriptor);
        }
      },
    };
  }
}

/** @returns undefined if there is no cordon; one without a reason if its file is damaged: that admits nothing */
function readCordon(path: string): Cordon | undefined {
  const text = ifThere(() => readFileSync(path, 'utf8'));
  if (text === undefined) return undefined;
  let mark: unknown;
  try {
    mark = JSON.parse(text);
  } catch {
    return {};
  }
  if (typeof mark !== 'object' || mark === null) return {};
  const { reason, by, since } = mark as Record<string, unknown>;
  const words = (value: unknown) => (typeof value === 'string' ? value : undefined);
  return { reason: words(reason), by: words(by), since: words(since) };
}

/** Replaces a file at once and for good: it is there after a loss of power, too. */
function replaceDurably(folder: string, path: string, text: string): void {
  const draft = `${path}.new`;
  const descriptor = openSync(draft, 'w', 0o600);
  try {
    // All of it, or an error: a full disk may take a part.
    writeFileSync(descriptor, text);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
  renameSync(draft, path);
  sync(folder);
}

function sync(folder: string): void {
  const descriptor = openSync(folder, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

function filesIn(folder: string): string[] {
  return (ifThere(() => readdirSync(folder)) ?? []).map((name) => join(folder, name));
}

function ifThere<T>(look: () => T): T | undefined {
  try {
    return look();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
