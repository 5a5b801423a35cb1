/** Faults between two hosts, as data. */
import { fileURLToPath } from 'node:url';
import { allExtensionFeatures, BANNER, encodeHello, helloOf } from '@mig/protocol/handshake';

/** Number of octets that a target sends before ready: its banner and its hello. */
export const BEFORE_READY = BANNER.length + encodeHello(helloOf(allExtensionFeatures)).length;

/** A fault before the octet at this offset, counted from 0 in its direction. */
export type Fault = { readonly at: number } & (
  | {
      /** The connection breaks: both ends see it in both directions. */
      readonly act: 'cut';
    }
  | {
      /** The relay stops carrying this direction, and tells nobody. */
      readonly act: 'stall';
    }
  | {
      /** All bits of this octet are inverted. */
      readonly act: 'corrupt';
    }
  | {
      /** The line is slow from here on. */
      readonly act: 'slow';
      readonly octetsPerSecond: number;
    }
  | {
      /** A shell command runs, and nothing more is carried in this direction until it has ended. */
      readonly act: 'run';
      readonly command: string;
    }
);

export interface DirectionPlan {
  readonly faults?: readonly Fault[];
  /** The path of a file for the octets carried. */
  readonly capture?: string;
}

export interface RelayPlan {
  /** The direction from the source to the target. */
  readonly forward?: DirectionPlan;
  readonly backward?: DirectionPlan;
  /** Whether the shell that runs the relay stays and waits for it; otherwise it becomes the relay. */
  readonly keepShell?: true;
}

const program = fileURLToPath(new URL('./relay-program.mjs', import.meta.url));

/** @returns a command for the shell that runs `command` at the far end of the relay */
export function throughRelay(plan: RelayPlan, command: string): string {
  const words = [process.execPath, program, JSON.stringify(plan), command].map(quoted);
  return plan.keepShell === true ? `${words.join(' ')}; exit $?` : `exec ${words.join(' ')}`;
}

/** Holds back the octets from this one on until the file exists. */
export function heldBack(at: number, file: string): DirectionPlan {
  return { faults: [{ at, act: 'run', command: `until [ -e ${quoted(file)} ]; do sleep 0.05; done` }] };
}

export function quoted(word: string): string {
  return /^[\w./=:-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
