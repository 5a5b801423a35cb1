/** Under which names a domain goes while two hosts have it (tools/xl/xl_migrate.c, xl_vmcontrol.c). */

const AWAY = '--migratedaway';
const INCOMING = '--incoming';

/** The source's copy once the target may run the domain. */
export function awayName(name: string): string {
  return name + AWAY;
}

/** The name of the domain whose copy at the source this is; undefined for any other domain. */
export function nameOfAway(name: string): string | undefined {
  return name.endsWith(AWAY) ? name.slice(0, -AWAY.length) : undefined;
}

/** The target's copy until it may run. */
export function incomingName(name: string): string {
  return name + INCOMING;
}

/** The name of the domain of which this is an incoming copy; undefined for any other domain. */
export function nameOfIncoming(name: string): string | undefined {
  return name.endsWith(INCOMING) ? name.slice(0, -INCOMING.length) : undefined;
}
