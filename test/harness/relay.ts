/** What can go wrong on the way between two hosts, as data. */
import { fileURLToPath } from 'node:url';

/** Happens before the octet at this offset, counted from 0 in its direction. */
export type Fault = { readonly at: number } & (
  | {
      /** The connection breaks: both ends see it in both directions. */
      readonly act: 'cut';
    }
  | {
      /** Nothing more is carried in this direction, and nobody is told. */
      readonly act: 'stall';
    }
  | {
      /** All bits of this octet are inverted. */
      readonly act: 'corrupt';
    }
  | {
      /** From here on the line is slow. */
      readonly act: 'slow';
      readonly octetsPerSecond: number;
    }
  | {
      /** A command for the shell is run, and nothing more is carried in this direction until it has ended. */
      readonly act: 'run';
      readonly command: string;
    }
);

export interface Course {
  readonly faults?: readonly Fault[];
  /** The path of a file for what was carried. */
  readonly capture?: string;
}

export interface RelayPlan {
  /** From the source to the target. */
  readonly forward?: Course;
  readonly backward?: Course;
  /** The shell that runs the relay stays and waits for it, where otherwise it becomes the relay. */
  readonly keepShell?: true;
}

const program = fileURLToPath(new URL('./relay-program.mjs', import.meta.url));

/** @returns a command for the shell that runs `command` at the far end of the relay */
export function throughRelay(plan: RelayPlan, command: string): string {
  const words = [process.execPath, program, JSON.stringify(plan), command].map(quoted);
  return plan.keepShell === true ? `${words.join(' ')}; exit $?` : `exec ${words.join(' ')}`;
}

/** The octets from this one on are kept back until there is such a file. */
export function heldBack(at: number, file: string): Course {
  return { faults: [{ at, act: 'run', command: `until [ -e ${quoted(file)} ]; do sleep 0.05; done` }] };
}

export function quoted(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
