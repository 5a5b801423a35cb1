/** Looks at the memory of the hosts of a run, for a page that does not wait for them. */
import type { FleetHost } from '@mig/fleet';
import type { SeenHost } from '../run-page/columns.js';
import { hostsOf } from '../run-page/view-of.js';
import type { Silence } from './inventory.js';
import type { Evacuation } from './journal.js';

/** Milliseconds between two looks. */
export const HOSTS_PERIOD = 10_000;

type Look = Pick<SeenHost, 'look' | 'why'>;

export class HostLooks {
  #looks: ReadonlyMap<string, Look> = new Map();
  #of = '';
  #lookedAt = -Infinity;
  #isLooking = false;

  /** @param lookAt looks at a host of a run; one that fails is a host of which little is known */
  constructor(
    private readonly lookAt: (name: string, evacuation: Evacuation) => Promise<FleetHost | Silence>,
  ) {}

  /** Returns the hosts as they were last seen; looks again if that is long ago. */
  of(evacuation: Evacuation): SeenHost[] {
    const { run, ended } = evacuation;
    // The hosts of a run that is over are looked at until each was seen once more.
    const of = `${run.id} ${ended}`;
    const isChanging = ended === undefined || [...this.#looks.values()].some(({ why }) => why !== undefined);
    const isDue = of !== this.#of || (isChanging && performance.now() - this.#lookedAt >= HOSTS_PERIOD);
    if (isDue && !this.#isLooking) {
      this.#of = of;
      void this.#look(evacuation);
    }
    return hostsOf(evacuation).map((each) => ({ ...each, ...this.#looks.get(each.name) }));
  }

  /** Never fails: nobody waits for it. */
  async #look(evacuation: Evacuation): Promise<void> {
    this.#isLooking = true;
    const names = [...new Set(hostsOf(evacuation).map(({ name }) => name))];
    const looks = names.map(async (name): Promise<[string, Look]> => [
      name,
      await this.#lookOnce(name, evacuation),
    ]);
    this.#looks = new Map(await Promise.all(looks));
    this.#lookedAt = performance.now();
    this.#isLooking = false;
  }

  async #lookOnce(name: string, evacuation: Evacuation): Promise<Look> {
    try {
      const look = await this.lookAt(name, evacuation);
      return 'why' in look ? look : { look };
    } catch (error) {
      return { why: `its memory is unknown: ${(error as Error).message}` };
    }
  }
}
