/** Orders to the evacuations that a return has begun at other hosts. */
import { setTimeout as pause } from 'node:timers/promises';
import { ExitStatus } from '../output/exit-status.js';
import { migThere, runAt } from './remote.js';

/** Time for a host to answer, in milliseconds. */
const TIMEOUT = 60_000;
/** Milliseconds before a host is asked again. */
const AGAIN = 1000;

/** State of a return's evacuation at a host. `silent`: the host does not tell. */
type StageThere = 'under-way' | 'over' | 'silent';

export class OrdersThere {
  readonly #over = new Set<string>();

  /** @param uuids of the return's domains: nobody else's evacuation is meddled with */
  constructor(
    private readonly sshCommand: string,
    private readonly hosts: readonly string[],
    private readonly uuids: ReadonlySet<string>,
  ) {}

  /** Gives an order wherever an evacuation of the return is under way. */
  async give(word: 'pause' | 'continue' | 'abort'): Promise<boolean> {
    const areUnderWay = await Promise.all(this.hosts.map((host) => this.#giveAt(host, word)));
    return areUnderWay.includes(true);
  }

  /**
   * Aborts all, until each is over or its host is silent.
   * @param isBeginning tells whether one may have been begun that is not known at its host yet
   */
  async abort(isBeginning: () => boolean, quit: AbortSignal): Promise<void> {
    while (!quit.aborted && ((await this.give('abort')) || isBeginning())) await pause(AGAIN);
  }

  /** Tells whether a host has said that nothing of the return is under way there. */
  isOver(host: string): boolean {
    return this.#over.has(host);
  }

  async #giveAt(host: string, word: string): Promise<boolean> {
    const stage = await this.#stageAt(host);
    if (stage === 'over') this.#over.add(host);
    else this.#over.delete(host);
    if (stage === 'under-way') await runAt(this.sshCommand, host, migThere(`evacuate-${word}`), TIMEOUT);
    return stage === 'under-way';
  }

  async #stageAt(host: string): Promise<StageThere> {
    const ask = migThere('evacuate-status', '--json');
    const { status, stdout } = await runAt(this.sshCommand, host, ask, TIMEOUT);
    // No domain has left that host yet. A connection that fails ends with 255.
    if (status === ExitStatus.failure && stdout === '') return 'over';
    try {
      const { ended, domains } = JSON.parse(stdout) as { ended?: string; domains: { uuid: string }[] };
      const isOurs = domains.every(({ uuid }) => this.uuids.has(uuid));
      return ended === undefined && isOurs ? 'under-way' : 'over';
    } catch {
      return 'silent';
    }
  }
}
