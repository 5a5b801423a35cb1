import { ReadingEnd, WritingEnd, type EndOptions } from './ends.js';
import { refuseIfRaised } from './wait.js';

const SMALLEST = 1 << 16;

/** A sink that keeps what is written, in one array that grows. It never waits. */
export class MemorySink extends WritingEnd {
  #kept = new Uint8Array(SMALLEST);

  constructor(options: EndOptions = { subject: 'a sink in memory' }) {
    super(options);
  }

  /** Adds the octets to the array. @throws InterruptedError, as a sink that waits would */
  write(octets: Uint8Array): void {
    refuseIfRaised(this.interrupt);
    const end = this.octets + octets.length;
    if (end > this.#kept.length) {
      const larger = new Uint8Array(Math.max(end, this.#kept.length * 2));
      larger.set(this.#kept.subarray(0, this.octets));
      this.#kept = larger;
    }
    this.#kept.set(octets, this.octets);
    this.moved(octets.length);
  }

  /** Returns what was written so far, as a view of the sink's array; later writes do not show in it. */
  contents(): Uint8Array {
    return this.#kept.subarray(0, this.octets);
  }
}

/** A source of octets that are all present. It never waits. */
export class MemorySource extends ReadingEnd {
  /** @param contents the octets, which are not copied */
  constructor(
    private readonly contents: Uint8Array,
    options: EndOptions = { subject: 'a source in memory' },
  ) {
    super(options);
  }

  hasArrived(): boolean {
    return true;
  }

  /** Reads the next octets. @throws InterruptedError, as a source that waits would */
  readSome(target: Uint8Array): number {
    refuseIfRaised(this.interrupt);
    const part = this.contents.subarray(this.octets, this.octets + target.length);
    target.set(part);
    this.moved(part.length);
    return part.length;
  }
}
