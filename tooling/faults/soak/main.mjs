// Migrates a guest that checks its memory between three hosts, for any time, while operators at both ends
// run commands at random points and processes are killed; after each round it checks the invariants, and
// the recovery that the documents ask of an operator. Status 0 only if nothing was lost, doubled or left
// behind.
import { mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { GuestLife } from '../guest-life.mjs';
import { idleImage } from '../operator/image.mjs';
import { comesTrue, processesOf } from '../processes.mjs';
import { StageHost } from '../stage.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../../temporary-folder.mjs';
import { describePlan, planOf } from './plan.mjs';
import { recover, xl } from './recover.mjs';
import { Round } from './round.mjs';
import { Tally } from './tally.mjs';

const usage = `usage: pnpm soak [--seed S] [--minutes M] [--first N] [--verbose]

  --seed S     what operators do, and when, is drawn from it and the number of the round; 1 unless given
  --minutes M  for so long; 5 unless given
  --first N    begins with this round
  --verbose    says what was done in each round`;

function parse() {
  /** @param {string} value */
  const number = (value) => ({ type: /** @type {const} */ ('string'), default: value });
  try {
    const { values } = parseArgs({
      options: {
        seed: number('1'),
        minutes: number('5'),
        first: number('1'),
        verbose: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    for (const name of /** @type {const} */ (['seed', 'minutes', 'first'])) {
      if (!/^[0-9]+(\.[0-9]+)?$/.test(values[name])) throw new Error(`--${name} must be a number`);
    }
    return values;
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n${usage}`);
    return process.exit(2);
  }
}

/** The guest's life over all its consoles, in their order. */
class Life {
  #guest = new GuestLife();
  /** @type {Set<string>} */
  #consoles = new Set();

  /**
   * Starts another guest.
   * @param {StageHost} host
   */
  async begin(host) {
    this.close();
    this.#guest = new GuestLife();
    this.#consoles.clear();
    host.create('busy');
    this.follow([host]);
    await this.#guest.untilFilled();
  }

  /** @param {readonly StageHost[]} hosts */
  follow(hosts) {
    for (const path of hosts.flatMap((host) => host.consoles())) {
      if (this.#consoles.has(path)) continue;
      this.#consoles.add(path);
      this.#guest.goOnAt(path);
    }
  }

  /** Path of the console with the last tick. */
  spokeLast() {
    return this.#guest.lastConsole;
  }

  async flaws() {
    const ticks = await this.#guest.ticksOn(2);
    return [...(ticks ? [] : ['it does not tick']), ...this.#guest.flaws()];
  }

  close() {
    this.#guest.close();
  }
}

const options = parse();
if (options.help) {
  console.log(usage);
  process.exit(0);
}
const seed = Number(options.seed);
const folder = temporaryFolder('mig-soak-');
/** @param {string} name */
const host = (name) => new StageHost(join(folder, name));
const [left, right, third] = [host('left'), host('right'), host('third')];
const hosts = [left, right, third];
const image = idleImage(folder);
const tally = new Tally();
const life = new Life();
/** @type {string[]} */
const bad = [];
let rounds = 0;

/**
 * @param {number} number of the round
 * @param {Round} round
 * @param {readonly string[]} violations
 */
function report(number, round, violations) {
  const words = [
    `round ${number}: ${describePlan(round.plan)}`,
    ...round.story.map((line) => `    ${line}`),
    ...violations.map((each) => `  VIOLATION: ${each}`),
  ];
  if (violations.length > 0) {
    bad.push(words.join('\n'));
    console.error(words.join('\n'));
  } else if (options.verbose) console.log(words.join('\n'));
}

/** A file left by a process that is killed while it takes a domid; the next that takes one reuses it. */
const HALF_WRITTEN = 'next-domid.new';

/** Whether there may be such a file: until somebody takes a domid again, which is not watched here. */
let halfWritten = false;

/**
 * Lists what should not be there once a round is over.
 * @param {import('./plan.mjs').Plan} plan
 */
async function leftovers({ acts }) {
  const hasKilled = acts.some((act) => act.kind === 'kill' || act.killed);
  const pids = () => hosts.flatMap((host) => host.pids());
  const lost = () => processesOf(folder).filter(({ pid }) => !pids().includes(pid));
  await comesTrue(() => lost().length === 0, 5000);
  const files = hosts
    .flatMap((host) => host.remnants())
    .filter((name) => name !== HALF_WRITTEN || !(halfWritten ||= hasKilled));
  return [...lost().map(({ command }) => command), ...files].map((each) => `left behind: ${each}`);
}

/**
 * @param {number} number of the round
 * @param {StageHost} home where the guest runs
 * @returns where it runs afterwards
 */
async function play(number, home) {
  const plan = planOf(seed, number);
  const others = hosts.filter((host) => host !== home);
  const [target, third] = plan.target === 0 ? others : others.toReversed();
  if (target === undefined || third === undefined) throw new Error('the guest runs on none of the hosts');
  const roundFolder = join(folder, `round.${number}`);
  mkdirSync(roundFolder);
  const follow = () => life.follow(hosts);
  const round = new Round(plan, { folder: roundFolder, source: home, target, third, image, follow }, tally);
  await round.play();
  const found = recover(hosts, round, life);
  life.follow(hosts);
  const violations = [...round.violations, ...found.violations];
  let { host } = found;
  if (host === undefined) {
    tally.add('guest', 'created anew');
    host = home;
    await life.begin(host);
  }
  const flaws = (await life.flaws()).map((each) => `the guest: ${each}`);
  report(number, round, [...violations, ...flaws, ...(await leftovers(plan))]);
  // The flaws of one guest are reported once.
  if (flaws.length > 0) {
    for (const each of hosts) for (const { domid } of each.domains()) xl(each, 'destroy', String(domid));
    await life.begin(host);
  }
  rmSync(roundFolder, { recursive: true, force: true });
  return host;
}

const began = performance.now();
const isOver = () => performance.now() - began > Number(options.minutes) * 60_000;
try {
  let home = left;
  await life.begin(home);
  for (let number = Number(options.first); !isOver() && bad.length < 20; number++, rounds++) {
    home = await play(number, home);
  }
  xl(home, 'destroy', 'busy');
  life.close();
  const remaining = [
    ...processesOf(folder).map(({ command }) => command),
    ...hosts.flatMap((host) => host.domids()),
  ];
  if (remaining.length > 0) bad.push(`left at the end: ${remaining.join(', ')}`);
} catch (error) {
  bad.push(`the soak itself failed: ${error instanceof Error ? error.stack : String(error)}`);
  console.error(bad.at(-1));
} finally {
  removeTemporaryFolder(folder);
}
const shared = readdirSync('/dev/shm').filter((name) => /mig/i.test(name));
if (shared.length > 0) bad.push(`in /dev/shm: ${shared.join(', ')}`);
const minutes = ((performance.now() - began) / 60_000).toFixed(1);
console.log(
  `${tally}\n\nseed ${seed}: ${rounds} rounds in ${minutes} minutes, ${bad.length} with violations`,
);
process.exitCode = bad.length === 0 ? 0 : 1;
