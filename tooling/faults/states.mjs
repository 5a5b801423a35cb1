// Paths through the tables *Who may run the domain*.

/**
 * The table of an end: for each of its states, the events that lead on.
 * @template {string} State
 * @typedef {Readonly<Record<State, { readonly next: Readonly<Partial<Record<string, State>>> }>>} Table
 */

/** @typedef {(event: string) => boolean} CanHappen */

export const byAnything = () => true;
/** Accepts events for which nothing is read. @type {CanHappen} */
export const unaided = (event) => !event.endsWith('-read');

/**
 * Finds the states that can follow by the events that can happen.
 * @template {string} State
 * @param {Table<State>} table
 * @param {readonly State[]} states
 * @param {CanHappen} canHappen
 */
export function closure(table, states, canHappen) {
  const all = new Set(states);
  for (const state of all) {
    for (const [event, next] of Object.entries(table[state].next)) {
      if (next !== undefined && canHappen(event)) all.add(next);
    }
  }
  return [...all];
}

/**
 * Finds the states on the paths from one to another.
 * @template {string} State
 * @param {Table<State>} table
 * @param {readonly [State, State]} ends
 */
export function between(table, [from, to]) {
  return closure(table, [from], byAnything).filter((state) =>
    closure(table, [state], byAnything).includes(to),
  );
}
