import { Command, InvalidArgumentError, Option } from 'commander';
import { parts } from './parts.mjs';

const RUNS = 7;
/** Default sizes in GiB. */
const SIZES = '1,2,4';
/** The smallest size in MiB that a guest fits in. */
const LEAST = 16;
/** The largest size in MiB: the limit of a WebAssembly memory. */
const MOST = 4096;

/** @param {string} text */
function runs(text) {
  if (!/^[1-9][0-9]{0,3}$/.test(text))
    throw new InvalidArgumentError('It must be a whole number of 1 or more.');
  return Number(text);
}

/**
 * @param {string} text
 * @returns MiB, ascending
 */
function sizes(text) {
  const mebibytes = text.split(',').map((each) => (each.trim() === '' ? NaN : Number(each) * 1024));
  if (!mebibytes.every((size) => Number.isInteger(size) && size >= LEAST && size <= MOST)) {
    throw new InvalidArgumentError(`Sizes are GiB, such as 0.25,1: whole MiB from ${LEAST} to ${MOST}.`);
  }
  return [...new Set(mebibytes)].sort((a, b) => a - b);
}

/**
 * Reads the options; ends the program if they make no sense.
 * @param {readonly string[]} args
 */
export function readOptions(args) {
  const command = new Command('pnpm bench')
    .usage('[options] [PART ...]')
    .description('Measures what mig costs. docs/performance.md has the results, and what they mean.')
    .argument('[PART...]', 'only these; all unless given')
    .option('--runs <N>', 'of each row, in turn with the others', runs, RUNS)
    .addOption(
      new Option('--sizes <GiB,...>', 'of the domains').argParser(sizes).default(sizes(SIZES), SIZES),
    )
    .option('--json <FILE>', 'write the rows to a file, too')
    .option('--write-docs', 'make docs/performance.json and docs/performance.md anew; not with PART')
    .addOption(
      new Option(
        '--render',
        'measure nothing: make docs/performance.md anew from docs/performance.json',
      ).conflicts(['runs', 'sizes', 'json', 'writeDocs']),
    )
    .addHelpText(
      'after',
      `\nParts:\n${parts.map(({ name, about }) => `  ${name.padEnd(14)}${about}`).join('\n')}`,
    )
    .exitOverride((error) => process.exit(error.exitCode === 0 ? 0 : 2))
    .showHelpAfterError('(pnpm bench --help says what there is)')
    .parse(args, { from: 'user' });
  const unknown = command.args.find((name) => !parts.some((part) => part.name === name));
  if (unknown !== undefined) command.error(`error: there is no part '${unknown}'`);
  /** @type {{ runs: number, sizes: number[], json?: string, writeDocs?: boolean, render?: boolean }} */
  const { writeDocs = false, render = false, ...rest } = command.opts();
  if ((writeDocs || render) && command.args.length > 0) {
    command.error(`error: docs/performance.md has all parts: leave out ${command.args.join(' ')}`);
  }
  const chosen = parts.filter(({ name }) => command.args.length === 0 || command.args.includes(name));
  return { ...rest, writeDocs, render, parts: chosen };
}
