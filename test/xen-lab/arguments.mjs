/** The command lines of run.mjs and two-hosts.mjs, which differ in their cases only. */
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chooseCases, findCases } from './case-files.mjs';

const usageOf = (command) => `usage: ${command} [--list] [--keep] [--stock] [CASE ...]

  CASE     a case's name, or how it begins; all but 9x, which measure, unless given
  --list   says what the cases are, and runs none
  --keep   leaves the folders shared with the machines
  --stock  without mig on the machines: for cases that do not need it`;

/**
 * Ends the program where there is nothing to run.
 * @param {string} command
 * @param {string} folder of the cases, relative to this file
 * @returns {{ cases: import('./case-files.mjs').Case[], keep: boolean, stock: boolean }}
 */
export function takeArguments(command, folder) {
  const flag = { type: 'boolean', default: false };
  try {
    const { values, positionals } = parseArgs({
      options: { list: flag, keep: flag, stock: flag, help: flag },
      allowPositionals: true,
    });
    if (values.help) {
      console.log(usageOf(command));
      process.exit(0);
    }
    const found = findCases(fileURLToPath(new URL(folder, import.meta.url)));
    const cases = chooseCases(found, positionals);
    if (values.list) {
      for (const { name, limit, about } of cases) console.log(`${name}  (at most ${limit} s)  ${about}`);
      process.exit(0);
    }
    return { cases, keep: values.keep, stock: values.stock };
  } catch (error) {
    console.error(`${error.message}\n${usageOf(command)}`);
    return process.exit(2);
  }
}
