// What a benchmark has measured, as rows: a quantity at a size of memory, with the values of all runs.
import { summary } from './statistics.mjs';

/**
 * @param {{ memory?: number, name: string, unit: string }} what memory in MiB
 * @param {number[]} values of the runs, in their order
 */
export function row(what, values) {
  const rounded = values.map(round);
  return { ...what, ...summary(rounded), values: rounded };
}

/** To four digits: more is noise. */
function round(value) {
  return Number(value.toPrecision(4));
}

/** Values that come run by run and are of several rows, which are told apart by what they are. */
export class Rows {
  #rows = new Map();

  add(what, value) {
    const key = JSON.stringify(what);
    if (!this.#rows.has(key)) this.#rows.set(key, { what, values: [] });
    this.#rows.get(key).values.push(value);
  }

  /** In the order in which their first values came. */
  all() {
    return [...this.#rows.values()].map(({ what, values }) => row(what, values));
  }
}

export function memoryText(mebibytes) {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
}
