import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { fileURLToPath } from 'node:url';
import { chosen } from './cells.mjs';

export const RESULTS = fileURLToPath(new URL('../../docs/policies.json', import.meta.url));

const usage = `usage: pnpm policies [--runs N] [--only CELL ...] [--jobs N] [--to FILE] | --render | --list

  --runs N     migrations of each kind; 10 unless given
  --only CELL  only these, such as 1G, 100M/idle or near/stock; may be repeated
  --jobs N     domains that are moved at the same time, each on a core of its own; 1 unless given
  --to FILE    where the results go; docs/policies.json unless given, and nowhere with --runs or --only
  --render     measures nothing: docs/policies.md anew, from docs/policies.json
  --list       the names of the cells`;

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`${message}\n${usage}`);
  process.exit(2);
}

function parse() {
  const text = /** @type {const} */ ({ type: 'string' });
  const flag = /** @type {const} */ ({ type: 'boolean', default: false });
  try {
    return parseArgs({
      options: {
        runs: text,
        only: { ...text, multiple: true, default: /** @type {string[]} */ ([]) },
        jobs: { ...text, default: '1' },
        to: text,
        render: flag,
        list: flag,
        help: { ...flag, short: 'h' },
      },
    }).values;
  } catch (error) {
    return fail(error instanceof Error ? error.message : String(error));
  }
}

/** @param {string} name @param {string} text */
function count(name, text) {
  if (!/^[1-9][0-9]*$/.test(text)) fail(`--${name} must be a whole number of 1 or more, not '${text}'`);
  return Number(text);
}

/** @param {string} text */
function jobCount(text) {
  const jobs = count('jobs', text);
  if (jobs > 1 && jobs > cpus().length) fail(`--jobs ${text}: this machine has ${cpus().length} cores`);
  return jobs;
}

/** Reads the options; ends the program if they make no sense. */
export function readOptions() {
  const { runs, only, jobs, to, render, list, help } = parse();
  if (help) {
    console.log(usage);
    process.exit(0);
  }
  const cells = chosen(only);
  if (cells.length === 0) fail(`--only ${only.join(' --only ')}: there is no such cell`);
  const whole = runs === undefined && only.length === 0;
  return {
    cells,
    runs: count('runs', runs ?? '10'),
    jobs: jobCount(jobs),
    to: to ?? (whole ? RESULTS : undefined),
    // The results go into the documentation.
    whole: whole && to === undefined,
    render,
    list,
  };
}
