// Ways through the tables *Who may run the domain*.

/** States that can follow, by any event or by those for which nothing has to be read. */
export function closure(table, states, unaided) {
  const all = new Set(states);
  for (const state of all) {
    for (const [event, next] of Object.entries(table[state].next)) {
      if (!unaided || !event.endsWith('-read')) all.add(next);
    }
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
  return closure(table, [from], false).filter((state) => closure(table, [state], false).includes(to));
}
