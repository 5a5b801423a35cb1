/** The engine of evacuations: a server on which their jobs are, for those who have outgrown one process at a host. */
import { hostname } from 'node:os';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import type { Engine, SeenRun, StoredRun } from './bullmq.js';
import type { Display } from './events.js';
import type { Evacuation } from './journal.js';

export interface EngineOptions {
  readonly engine?: string;
  readonly name?: string;
}

/** Connects to an engine for as long as something is done with it. @throws Failure */
export async function withEngine<T>(address: string, use: (engine: Engine) => Promise<T>): Promise<T> {
  const { Engine, EngineError } = await import('./bullmq.js');
  let engine: Engine | undefined;
  try {
    // A command line can be read by everybody on this host.
    engine = await Engine.open(address, process.env['MIG_ENGINE_PASSWORD']);
    return await use(engine);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    const status = error.code === 'address' ? ExitStatus.usage : ExitStatus.failure;
    throw new Failure(error.message, status, { cause: error });
  } finally {
    await engine?.close();
  }
}

/** Said of a run of which no job can be read. */
export const UNREADABLE =
  "No job of the run can be read: no worker does it, or writes it down at its host, where 'evacuate --back' does not know it.";

/** Reads the last run of a host. @throws Failure if there is none */
export async function lastAtEngine(engine: Engine, name: string): Promise<SeenRun> {
  const last = await engine.last(name);
  if (last === undefined) throw new Failure(`the engine has no run of ${name}`);
  return last;
}

/** Returns the name of a host at the engine: the one by which others reach it. */
export function nameAtEngine({ name }: EngineOptions): string {
  return name ?? hostname();
}

/** Makes a run of an engine one of this host: how hosts are reached is no business of the engine. */
export function evacuationOf(stored: StoredRun, sshCommand: string): Evacuation {
  return { ...stored, sshCommand };
}

/** Makes a run one for an engine. */
export function storedRunOf(evacuation: Evacuation): StoredRun {
  const { name, asked, names, cordoned, downtimes, migrations, run } = evacuation;
  return { schema: 1, name, asked, names, cordoned, downtimes, ...(migrations && { migrations }), run };
}

/** Tells of the connection to an engine that is lost, and of its return. */
export function noteConnection(engine: Engine, display: Display): void {
  engine.onConnection((isConnected) =>
    display.note(
      isConnected
        ? 'The engine answers again.'
        : 'The engine does not answer, and is waited for; migrations that run go on.',
    ),
  );
}
