// Rows of measurements: a quantity at a size of memory, with the values of all runs.
import { summary } from './statistics.mjs';

/**
 * A measured quantity.
 * @typedef {object} Quantity
 * @property {number} memory MiB
 * @property {string} name
 * @property {string} unit
 * @property {string} [dirty] which pages the guest wrote
 * @property {number} [pages] how many
 * @property {string} [options] of `xl migrate`
 * @property {string} [endedBy] why precopy ended
 */
/** @typedef {Quantity & ReturnType<typeof summary> & { values: number[] }} Row */

/**
 * @param {Quantity} what
 * @param {readonly number[]} values of the runs, in their order
 * @returns {Row}
 */
export function row(what, values) {
  const rounded = values.map(round);
  return { ...what, ...summary(rounded), values: rounded };
}

/**
 * Rounds to four digits: more is noise.
 * @param {number} value
 */
function round(value) {
  return Number(value.toPrecision(4));
}

/** Collects values that come run by run into rows, which are distinguished by their quantity. */
export class Rows {
  /** @type {Map<string, { what: Quantity, values: number[] }>} */
  #rows = new Map();

  /** @param {Quantity} what @param {number} value */
  add(what, value) {
    const key = JSON.stringify(what);
    const row = this.#rows.get(key) ?? { what, values: [] };
    this.#rows.set(key, row);
    row.values.push(value);
  }

  /** The rows in the order of their first values. */
  all() {
    return [...this.#rows.values()].map(({ what, values }) => row(what, values));
  }
}

/**
 * The only matching row, among those that were measured together.
 * @param {readonly Row[]} rows
 * @param {(row: Row) => boolean} isIt
 * @throws Error if there is none
 */
export function theRow(rows, isIt) {
  const found = rows.find(isIt);
  if (found === undefined) throw new Error('a row is missing');
  return found;
}

/** @param {number} mebibytes */
export function memoryText(mebibytes) {
  return mebibytes % 1024 === 0 ? `${mebibytes / 1024} GiB` : `${mebibytes} MiB`;
}
