import { type ChildProcess, spawn } from 'node:child_process';
import { eventually } from './eventually.js';

export interface Ended {
  /** Or the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

export interface ProgramOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** In a process group of its own, as a shell starts it: for `interruptGroup`. */
  readonly group?: boolean;
  /** Descriptors in place of what is gathered here. */
  readonly stdout?: number;
  readonly stderr?: number;
}

/** A program while it runs. */
export class Program {
  stdout = '';
  stderr = '';
  readonly ended: Promise<Ended>;
  /** It is dead; what it started may live on, and have its output open. */
  readonly exited: Promise<void>;
  readonly #child: ChildProcess;

  constructor(command: string, args: readonly string[], options: ProgramOptions) {
    const { environment, group = false, stdout = 'pipe', stderr = 'pipe' } = options;
    const { PATH = '', HOME = '', MIG_CACHE_DIR = '' } = process.env;
    const child: ChildProcess = spawn(command, args, {
      stdio: ['ignore', stdout, stderr],
      // What configures the test runner's Node is not for this one.
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

  /** To this process alone. */
  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** As Ctrl-C at a terminal: to all of its process group. */
  interruptGroup(): void {
    process.kill(-this.pid, 'SIGINT');
  }

  /** The values of the JSON lines so far. */
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
