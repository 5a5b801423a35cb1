/** The context of a command: no command reaches for the process by itself. */
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
  /** Whether standard output is a terminal: a person reads it, not a program. */
  readonly terminal: boolean;
  /** The exit status if no error sets another. */
  exitStatus: number;
  /** Opens the hypervisor on first use: `xl help` and `xl stream` need none. */
  openHost(): Promise<Host>;
  /**
   * Opens a host that can make domains.
   * @throws Failure where only the stock xl makes this host's domains
   */
  openLocalHost(): Promise<LocalHost>;
  /**
   * Makes writes to `output` and `log` never wait for a reader, for a command that holds a domain.
   * @param lastWords see StandardStreams
   */
  neverWait(lastWords?: number): void;
  /**
   * Waits until all output is read.
   * @param status the exit status if a signal ends the process first
   */
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
