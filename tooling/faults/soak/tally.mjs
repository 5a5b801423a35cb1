// Counts the results of the soak's commands, migrations and kills, by kind.

export class Tally {
  /** @type {Map<string, Map<string, number>>} */
  #counts = new Map();

  /** @param {string} kind @param {string} outcome */
  add(kind, outcome) {
    const counts = this.#counts.get(kind) ?? new Map();
    this.#counts.set(kind, counts);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  toString() {
    /** @param {Map<string, number>} counts */
    const counted = (counts) => [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, counts]) => `${kind}: ${counted(counts)}`)
      .join('\n');
  }
}
