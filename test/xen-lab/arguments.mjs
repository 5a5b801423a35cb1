/** The command lines of run.mjs and two-hosts.mjs. */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chooseCases, findCases } from './case-files.mjs';
import { releaseWith, usualXen, xens } from './packages.mjs';

/** @param {string} command */
const usageOf = (command) => `usage: ${command} [OPTION ...] [CASE ...]

  CASE         a case's name, or how it begins; all but 9x, which measure, unless given
  --xen V      Xen ${xens.join(' or ')}; ${usualXen} unless given
  --list       says what the cases are, and runs none
  --keep       leaves the folders shared with the machines
  --stock      without mig on the machines: for cases that do not need it
  --minutes N  ends it all after that time; what was not run then has failed
  --labs N     so many machines side by side, each with a part of the cases; 1 unless given
  --again      what failed is tried once more, in a fresh boot; the table says so`;

/**
 * @typedef {object} Arguments
 * @property {import('./case-files.mjs').Case[]} cases
 * @property {string} xen one of the lab's versions
 * @property {boolean} keep
 * @property {boolean} stock
 * @property {number} seconds for all of it
 * @property {number} labs
 * @property {boolean} again
 */

/**
 * Parses the arguments; ends the program if there is nothing to run.
 * @param {string} command
 * @param {string} folder of the cases, relative to this file
 * @returns {Arguments}
 */
export function takeArguments(command, folder) {
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  const text = /** @type {const} */ ({ type: 'string' });
  try {
    const { values, positionals } = parseArgs({
      options: {
        ...{ list: flag, keep: flag, stock: flag, help: flag, again: flag },
        ...{ minutes: text, labs: { ...text, default: '1' } },
        xen: { ...text, default: usualXen },
      },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(usageOf(command));
      process.exit(0);
    }
    const { xen } = releaseWith(values.xen);
    const found = findCases(fileURLToPath(new URL(folder, import.meta.url)));
    const cases = chooseCases(found, positionals);
    if (values.list) {
      for (const { name, limit, about } of cases) console.log(`${name}  (at most ${limit} s)  ${about}`);
      process.exit(0);
    }
    const { keep, stock, again } = values;
    const seconds = values.minutes === undefined ? Infinity : 60 * positive('--minutes', values.minutes);
    return { cases, xen, keep, stock, again, seconds, labs: positive('--labs', values.labs) };
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usageOf(command)}`);
    return process.exit(2);
  }
}

/** @param {string} name @param {string} text */
function positive(name, text) {
  if (!/^[1-9][0-9]*$/.test(text)) throw new Error(`${name} takes a whole number above 0, not '${text}'`);
  return Number(text);
}
