/** What every command is given: nothing in a command reaches for the process by itself. */
import { ExitStatus } from '../output/exit-status.js';
import { Log } from '../output/log.js';
import { TextOutput } from '../output/text-output.js';
import type { GlobalOptions } from './global-options.js';
import type { LocalHost } from './local-host.js';

export interface Context {
  readonly global: GlobalOptions;
  readonly output: TextOutput;
  readonly log: Log;
  /** Standard output is a terminal: a person reads it, and no program. */
  readonly terminal: boolean;
  /** How the process ends where no error says otherwise. */
  exitStatus: number;
  /** Opened on first use: `xl help` and `xl stream` need no hypervisor. */
  openHost(): Promise<LocalHost>;
}

export interface ContextParts {
  readonly output?: TextOutput;
  readonly log?: Log;
  readonly terminal?: boolean;
  readonly openHost?: () => Promise<LocalHost>;
}

export function createContext({
  output = new TextOutput(),
  log = new Log(),
  terminal = process.stdout.isTTY,
  openHost = async () => (await import('./host.js')).openHost(),
}: ContextParts = {}): Context {
  let host: Promise<LocalHost> | undefined;
  return {
    global: { verbosity: 0, forceProgress: false, timestamps: false, force: false, dryRun: false },
    output,
    log,
    terminal,
    exitStatus: ExitStatus.success,
    openHost: () => (host ??= openHost()),
  };
}
