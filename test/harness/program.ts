import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './eventually.js';

export interface Ended {
  /** The exit status, or the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Whether it has a process group of its own, as from a shell: for `interruptGroup`. */
  readonly group?: boolean;
  /** Descriptors to write to instead of collecting the output. */
  readonly stdout?: number;
  readonly stderr?: number;
}

/** A running program. */
export class Program {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  /** Resolves when it is dead; processes that it started may live on, and have its output open. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], options: ProgramOptions) {
    const { environment, group = false, stdout = 'pipe', stderr = 'pipe' } = options;
    const { PATH = '', HOME = '', MIG_CACHE_DIR = '' } = process.env;
    const child: ChildProcess = spawn(command, args, {
      stdio: ['ignore', stdout, stderr],
      // Variables that configure the test runner's Node are not passed on.
      env: { PATH, HOME, MIG_CACHE_DIR, ...environment },
      detached: group,
    });
    this.#child = child;
    child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => child.once('exit', () => resolve()));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, signal) => {
        resolve({ status: status ?? signal ?? 'SIGKILL', stdout: this.stdout, stderr: this.stderr });
      });
    });
  }

  get pid(): number {
    return this.#child.pid!;
  }

  /** Signals this process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Signals all of its process group, as Ctrl-C at a terminal does. */
  interruptGroup(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** Parses the JSON lines so far. */
  events(): Event[] {
    const whole = this.stdout.slice(0, this.stdout.lastIndexOf('\n') + 1);
    return whole
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Event);
  }

  /** Waits for a JSON line. */
  async untilEvent(description: string, wanted: (event: Event) => boolean): Promise<Event> {
    let over = false;
    void this.ended.then(() => (over = true));
    return eventually(
      () => `${description}; it said:\n${this.stdout}${this.stderr}`,
      () => {
        const found = this.events().find(wanted);
        if (found === undefined && over) {
          throw new Error(`it ended before ${description}:\n${this.stdout}${this.stderr}`);
        }
        return found;
      },
    );
  }
}

export interface Event {
  readonly event: string;
  readonly [field: string]: unknown;
}
