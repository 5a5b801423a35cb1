// Ways through the tables *Who may run the domain*.

export const byAnything = () => true;
/** Nothing is read. */
export const unaided = (event) => !event.endsWith('-read');

/** States that can follow by the events that can happen. */
export function closure(table, states, canHappen) {
  const all = new Set(states);
  for (const state of all) {
    for (const [event, next] of Object.entries(table[state].next)) if (canHappen(event)) all.add(next);
  }
  return [...all];
}

/**
 * States on the ways from one to another.
 * @param {object} table that of an end
 * @param {readonly [string, string]} ends
 * @returns {string[]}
 */
export function between(table, [from, to]) {
  return closure(table, [from], byAnything).filter((state) =>
    closure(table, [state], byAnything).includes(to),
  );
}
