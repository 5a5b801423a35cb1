/** The cordon of a run: a host that is emptied must not fill up meanwhile. */
import type { Host } from '@mig/hypervisor';
import { cordonNow } from '../commands/cordon.js';

/** Begins the reason of a cordon that a run has set. */
const CORDON = 'it is being emptied: run ';

/** Cordons a host for a run. */
export function closeFor({ arrivals }: Host, id: string): void {
  arrivals.cordon(cordonNow(`${CORDON}${id}`));
}

/** Tells whether the cordon that a run has set is there. */
export function isClosedFor({ arrivals }: Host, id: string): boolean {
  return arrivals.now().cordon?.reason === `${CORDON}${id}`;
}

/** Lifts the cordon that a run has set, and no other. */
export function openAgain(host: Host, id: string): void {
  if (isClosedFor(host, id)) host.arrivals.uncordon();
}

/** Says that a run that is over leaves its host cordoned; undefined if it does not. */
export function cordonLeft(host: Host, id: string): string | undefined {
  if (!isClosedFor(host, id)) return undefined;
  return `This host is cordoned: 'mig uncordon' or 'mig evacuate --back ${id}' opens it again.`;
}
