/** The run that a page or a report shows, and the orders for it: in the journal of this host, or at an engine. */
import type { FleetHost } from '@mig/fleet';
import type { OrderAnswer } from '../run-page/server.js';
import type { RunKeeper } from '../run-page/view-of.js';
import type { PageOrder } from '../run-page/view.js';
import type { Silence } from './inventory.js';
import type { Evacuation, Wanted } from './journal.js';
import type { Statuses } from './statuses.js';

/** A run as it is now. */
export interface SeenEvacuation {
  readonly evacuation: Evacuation;
  readonly wanted: Wanted;
  /** Whether its controller or worker is there. */
  readonly isControlled: boolean;
  /** Remark on what is wrong with it. */
  readonly note?: string | undefined;
}

export interface RunSource {
  /** The kind of process that goes on with a run. */
  readonly keeper: RunKeeper;
  /** Looks at the last run. @throws where it cannot be read */
  look(): Promise<SeenEvacuation>;
  /** Statuses of its migrations, as far as this host knows them. */
  statuses(seen: SeenEvacuation): Promise<Statuses>;
  lookAt(host: string, evacuation: Evacuation): Promise<FleetHost | Silence>;
  /** Carries out an order for a run, as `evacuate-pause`, `evacuate-continue` and `evacuate-abort` do. */
  obey(id: string, order: PageOrder): Promise<OrderAnswer>;
}

export function refused(message: string): OrderAnswer {
  return { isTaken: false, message };
}

/** Reasons why an order is refused, by what is wanted already. */
export const asItIs: Readonly<Record<'go' | PageOrder, string>> = {
  pause: 'The run is paused already.',
  go: 'The run goes on already.',
  abort: 'The run is being aborted.',
};

/** Words for an order that was carried out. */
export const done: Readonly<Record<PageOrder, string>> = {
  pause: 'Running migrations go on, no other begins.',
  go: 'The run goes on.',
  abort: 'The run is aborted: what is still here stays.',
};
