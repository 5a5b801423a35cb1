/**
 * The journal of evacuations, in the host's folder for state:
 *
 *     evacuation/controller.lock   locked for as long as a controller lives
 *     evacuation/RUN.json          a run; replaced as a whole
 *     evacuation/RUN.wanted        there if its operator wants it paused
 *     evacuation/RUN.abort         there if its operator has aborted it, which nothing undoes
 *     evacuation/RUN/              what the migrations of the run print
 */
import type { Run, RunFigures } from '@mig/fleet';
import { recordLockHolder, tryLockRecord } from '@mig/posix';
import { closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { completeFile } from '../io/output-file.js';
import { Failure } from '../output/failure.js';
import { writeAll } from '../output/text-output.js';

/** Order of an operator for a run; a controller obeys within half a second. */
export type Wanted = 'go' | 'pause' | 'abort';

/** A run with what its controller needs beside. */
export interface Evacuation extends RunFigures {
  readonly schema: 1;
  /** The name of this host, by which others reach it. */
  readonly name: string;
  /** Options of the command line: the same ones go on with the run. */
  readonly asked: string;
  /** Domains on the command line; all if there are none. */
  readonly names: readonly string[];
  readonly sshCommand: string;
  /** Whether this run was one of an engine, whose worker has written it. */
  readonly atEngine?: true;
  /** The run whose domains this one brings back. */
  readonly back?: string | undefined;
  /** Hosts from which domains are brought back, by UUID. */
  readonly from?: Readonly<Record<string, string>> | undefined;
  /** Whether this run has cordoned the host. */
  readonly cordoned: boolean;
  /** End in milliseconds since 1970; absent while the run is unfinished. */
  readonly ended?: number | undefined;
  readonly run: Run;
}

/** Number of runs kept. */
const KEPT = 20;

export class Journal {
  readonly folder: string;
  #lock: number | undefined;

  /** @param stateFolder the host's: see HostInfo */
  constructor(stateFolder: string) {
    this.folder = join(stateFolder, 'evacuation');
  }

  /** Becomes the only controller of this host, until `close` or the end of the process. @returns false if there is one */
  lock(): boolean {
    const fd = this.#openLock();
    if (tryLockRecord(fd)) {
      this.#lock = fd;
      return true;
    }
    closeSync(fd);
    return false;
  }

  /** Returns the pid of the controller of this host; undefined if there is none. */
  controller(): number | undefined {
    const fd = this.#openLock();
    try {
      return recordLockHolder(fd);
    } finally {
      closeSync(fd);
    }
  }

  #openLock(): number {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const flags = constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW;
    return openSync(join(this.folder, 'controller.lock'), flags, 0o600);
  }

  close(): void {
    if (this.#lock !== undefined) closeSync(this.#lock);
    this.#lock = undefined;
  }

  /** Returns the names of all runs, the oldest first. */
  ids(): string[] {
    try {
      const files = readdirSync(this.folder).filter((name) => /^[\w-]+\.json$/.test(name));
      return files.map((name) => name.slice(0, -'.json'.length)).sort();
    } catch (error) {
      if (isMissing(error)) return [];
      throw error;
    }
  }

  /** Returns a run that is not over; undefined if there is none. */
  unfinished(): Evacuation | undefined {
    return this.ids()
      .map((id) => this.read(id))
      .find((each) => each?.ended === undefined);
  }

  /** Makes a name for a run that sorts after all others, even if the clock was set back. @param others names of runs that are elsewhere */
  newId(now: Date, others: readonly string[] = []): string {
    const stem = now
      .toISOString()
      .replace(/[-:]|\..*/g, '')
      .replace('T', '-');
    const last = [...this.ids(), ...others].sort().at(-1);
    if (last === undefined || last < stem) return stem;
    // One digit at a time: -10 would sort before -9.
    const count = /-([2-8])$/.exec(last)?.[1];
    return count === undefined ? `${last}-2` : `${last.slice(0, -1)}${Number(count) + 1}`;
  }

  /** Reads a run; undefined if there is none. @throws SyntaxError for a damaged file */
  read(id: string): Evacuation | undefined {
    try {
      return JSON.parse(readFileSync(join(this.folder, `${id}.json`), 'utf8')) as Evacuation;
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Reads the last run. */
  last(): Evacuation | undefined {
    const id = this.ids().at(-1);
    return id === undefined ? undefined : this.read(id);
  }

  /** Replaces a run; it is on disk once this returns. */
  write(evacuation: Evacuation): void {
    replace(join(this.folder, `${evacuation.run.id}.json`), JSON.stringify(evacuation));
  }

  /**
   * Writes what has become of a run of an engine. Whoever can write there chooses its name: a run of this host stays as it is.
   * @returns false if there is one of that name
   */
  writeOfEngine(evacuation: Evacuation): boolean {
    if (!this.#isFreeForEngine(evacuation.run.id)) return false;
    this.write({ ...evacuation, atEngine: true });
    return true;
  }

  #isFreeForEngine(id: string): boolean {
    try {
      const before = this.read(id);
      return before === undefined || before.atEngine === true;
    } catch (error) {
      // A damaged one is for a person.
      if (error instanceof SyntaxError) return false;
      throw error;
    }
  }

  wanted(id: string): Wanted {
    if (isThere(this.#abortOf(id))) return 'abort';
    return isThere(this.#pauseOf(id)) ? 'pause' : 'go';
  }

  /** Writes down an order. @throws Failure for any other after an abort */
  want(id: string, wanted: Wanted): void {
    if (wanted === 'abort') return replace(this.#abortOf(id), wanted);
    if (wanted === 'pause') replace(this.#pauseOf(id), wanted);
    else rmSync(this.#pauseOf(id), { force: true });
    // Last: an abort that came meanwhile is seen, and has its own file.
    if (this.wanted(id) === 'abort') throw new Failure(`run ${id} is being aborted`);
  }

  /** Creates the folder for what the migrations of a run print, and removes the oldest runs. */
  prepare(id: string): string {
    for (const old of this.ids().slice(0, -KEPT)) {
      for (const name of [`${old}.json`, `${old}.wanted`, `${old}.abort`, old]) {
        rmSync(join(this.folder, name), { recursive: true, force: true });
      }
    }
    const folder = join(this.folder, id);
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return folder;
  }

  #pauseOf(id: string): string {
    return join(this.folder, `${id}.wanted`);
  }

  #abortOf(id: string): string {
    return join(this.folder, `${id}.abort`);
  }
}

/** Replaces a small file. @throws where the disk is full, and leaves the old content */
function replace(path: string, text: string): void {
  const growing = `${path}.part`;
  const descriptor = openSync(growing, 'w', 0o600);
  try {
    writeAll(descriptor, Buffer.from(text), path);
    completeFile({ descriptor, rename: { from: growing, to: path, mode: 0o600 } });
  } finally {
    closeSync(descriptor);
  }
}

function isThere(path: string): boolean {
  try {
    readFileSync(path);
    return true;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}

function isMissing(error: unknown): boolean {
  return (error as NodeJS.ErrnoException).code === 'ENOENT';
}
