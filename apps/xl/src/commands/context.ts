/** What every command is given: nothing in a command reaches for the process by itself. */
import { isatty } from 'node:tty';
import { ExitStatus } from '../output/exit-status.js';
import { Log } from '../output/log.js';
import { StandardStreams } from '../output/standard-streams.js';
import { TextOutput } from '../output/text-output.js';
import type { Host } from '@mig/hypervisor';
import { Failure } from '../output/failure.js';
import type { GlobalOptions } from './global-options.js';
import { isLocal, type LocalHost } from './local-host.js';

export interface Context {
  readonly global: GlobalOptions;
  readonly output: TextOutput;
  readonly log: Log;
  /** Standard output is a terminal: a person reads it, and no program. */
  readonly terminal: boolean;
  /** How the process ends where no error says otherwise. */
  exitStatus: number;
  /** Opened on first use: `xl help` and `xl stream` need no hypervisor. */
  openHost(): Promise<Host>;
  /** @throws Failure where the host's domains are made by the stock xl only */
  openLocalHost(): Promise<LocalHost>;
  /**
   * Makes writes to `output` and `log` never wait for a reader, for a command that holds a domain.
   * @param lastWords see StandardStreams
   */
  neverWait(lastWords?: number): void;
  /** Waits until all is read. @param status of a process that a signal ends before */
  settle(status: number): Promise<void>;
}

export interface ContextParts {
  readonly output?: TextOutput;
  readonly log?: Log;
  readonly terminal?: boolean;
  readonly openHost?: () => Promise<Host>;
}

export function createContext({ output, log, terminal = isatty(1), openHost }: ContextParts = {}): Context {
  const streams = new StandardStreams();
  const toLog = log ?? new Log((text) => streams.error.write(Buffer.from(text)), streams.error.waiting);
  let opened: Promise<Host> | undefined;
  const open = () => (opened ??= openHost === undefined ? openThisHost(toLog) : openHost());
  return {
    global: { verbosity: 0, forceProgress: false, timestamps: false, force: false, dryRun: false },
    output: output ?? new TextOutput(streams.output.write, streams.output.waiting),
    log: toLog,
    terminal,
    exitStatus: ExitStatus.success,
    openHost: open,
    openLocalHost: async () => {
      const host = await open();
      if (isLocal(host)) return host;
      throw new Failure('on a Xen host this is the business of the stock xl');
    },
    neverWait: (lastWords) => streams.neverWait(lastWords),
    settle: (status) => streams.settle(status),
  };
}

async function openThisHost(log: Log): Promise<Host> {
  const { openHost } = await import('./host.js');
  return openHost((caution) => log.warning(caution));
}
