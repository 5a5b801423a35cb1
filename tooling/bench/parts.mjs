// The parts of the benchmark. Each has a name, measures its rows, and makes a table of them.
import { downtime } from './downtime.mjs';
import { laterPasses } from './later-passes.mjs';
import { memory } from './memory.mjs';
import { settings } from './settings.mjs';
import { transfer } from './transfer.mjs';

/** @import { Row } from './rows.mjs' */
/** @import { Workbench } from './workbench.mjs' */

/** @typedef {{ heading: string[], align: ('left' | 'right')[], rows: string[][] }} Table */
/**
 * @typedef {object} Part
 * @property {string} name
 * @property {string} about
 * @property {(bench: Workbench) => Promise<Row[]>} measure
 * @property {(rows: readonly Row[]) => Table} table
 */

/** @type {readonly Part[]} */
export const parts = [transfer, laterPasses, downtime, settings, memory];
