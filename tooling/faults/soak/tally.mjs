// What has come of the soak's commands, migrations and kills, by kind.

export class Tally {
  #counts = new Map();

  add(kind, outcome) {
    if (!this.#counts.has(kind)) this.#counts.set(kind, new Map());
    const counts = this.#counts.get(kind);
    counts.set(outcome, (counts.get(outcome) ?? 0) + 1);
  }

  toString() {
    const counted = (counts) => [...counts].map(([outcome, count]) => `${count} ${outcome}`).join(', ');
    return [...this.#counts]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([kind, counts]) => `${kind}: ${counted(counts)}`)
      .join('\n');
  }
}
