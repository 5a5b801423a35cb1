// An operator beside a migration: runs the command as a process at the point that the case names, and
// observes it.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { permission, ready, restoring } from '../injection-points.mjs';
import { comesTrue, send, stateOf } from '../processes.mjs';
import { timeouts } from '../inject.mjs';
import { commands, imageIn } from './commands.mjs';
import { idleImage } from './image.mjs';
import { isPossible, OperatorProcess, program, receiver } from './process.mjs';
import { isRaced, standingsAt } from './standings.mjs';

/** @import { Living, StageDomain, StageHost } from '../stage.mjs' */
/** @import { OperatorCase } from '../strata.mjs' */
/** @import { Scene } from '../scene.mjs' */
/** @import { How } from './process.mjs' */
/** @import { Look } from './strata.mjs' */

/** @typedef {{ domains: StageDomain[], domids: number[] }} Observed at the operator's host */
/**
 * The observation of a command.
 * @typedef {object} Acted
 * @property {number | string} [status] its exit status, or the signal that ended it; undefined where it did
 * not act
 * @property {string} output
 * @property {boolean} ended in time
 * @property {boolean} blocked the domain's process or the host's lock was held: nothing was observed
 * @property {Observed} [atLook]
 * @property {boolean | undefined} [looked] whether it waited between its look and its act
 * @property {Observed} [before] the act
 * @property {Observed} [after] the act
 * @property {Living[]} removed domains that live on without their folders
 * @property {string[]} files that it has made
 * @property {string[]} left what went wrong besides
 */

/** Seconds in which neither end gives up: longer than any command takes. */
const GENEROUS = 90;
/** Timeout in milliseconds of a standing that should come. */
const COMING = 15_000;

const places = { restoring, ready, permission };

/**
 * Lets the case's operator act beside the case's migration.
 * @param {Scene} scene
 * @param {OperatorCase} it the scene's case
 */
export async function operate(scene, it) {
  const { operator } = it;
  const { command, look, when, orphaned } = operator;
  const { hindrance } = commands[command];
  if (!isPossible(hindrance)) {
    scene.skipped = `this machine allows no ${hindrance}`;
    return;
  }
  const operation = new Operation(scene, it);
  await begin(scene, operation, look);
  const { migration, seen } = scene;
  seen.reached = await scene.reach();
  if (seen.reached) {
    seen.began = performance.now();
    if (orphaned) await orphan(scene);
    if (when === 'over') await finish(scene);
    await operation.act();
  } else operation.letGo();
  await migration.act({ do: seen.reached ? 'go' : 'cut' });
  // Whatever holds an end back is released now.
  scene.release();
  await scene.untilOver();
  operation.bringBack();
}

/**
 * Begins the migration, with the look before the point.
 * @param {Scene} scene
 * @param {Operation} operation
 * @param {Look | undefined} look
 */
async function begin(scene, operation, look) {
  const timeout = { banner: GENEROUS, source: GENEROUS, target: GENEROUS };
  if (look === 'before') await operation.look();
  const place = look === undefined || look === 'before' ? undefined : places[look];
  scene.begin(timeouts(timeout), place && { place, arrive: () => operation.look() });
}

/**
 * Kills its `xl migrate` and cuts the line: what it sent last does not arrive.
 * @param {Scene} scene
 */
async function orphan({ migration }) {
  send(migration.pid, 'SIGKILL');
  await comesTrue(() => stateOf(migration.pid) === undefined, COMING);
  await migration.act({ do: 'cut' });
  await migration.until(() => migration.targetStatus !== undefined, COMING);
}

/**
 * Lets the migration end undisturbed.
 * @param {Scene} scene
 */
async function finish(scene) {
  const { migration } = scene;
  await migration.act({ do: 'go' });
  scene.release();
  await migration.until(() => migration.status !== undefined, 60_000);
}

class Operation {
  /** @type {OperatorProcess | undefined} */
  #process;
  /** @type {StageHost | undefined} */
  #thirdHost;

  /** @param {Scene} scene @param {OperatorCase} it */
  constructor(scene, it) {
    this.scene = scene;
    this.it = it;
    const { end, command } = it.operator;
    this.host = scene[end];
    this.command = commands[command];
    /** @type {Acted} */
    this.seen = { output: '', ended: false, blocked: false, removed: [], files: [], left: [] };
    scene.seen.operator = this.seen;
    scene.closeLater(() => this.#process?.close());
  }

  /** Starts the command, and lets it wait before its act. */
  async look() {
    const { seen, scene } = this;
    await comesTrue(() => this.host.domains().length > 0, COMING);
    seen.atLook = this.#observe();
    this.#process = this.#start({ line: join(scene.folder, 'operator'), acts: this.command.acts });
    seen.looked = await this.#process.looked();
  }

  async act() {
    const { seen, scene } = this;
    const { point, operator, descriptors } = this.it;
    seen.blocked = point.block?.startsWith(operator.end) === true && operator.when === undefined;
    if (!seen.blocked) {
      await this.#untilStarted();
      const due = standingsAt(this.it);
      await comesTrue(() => due.includes(this.#standing()), COMING);
      seen.before = this.#observe();
    }
    scene.follow(this.host);
    const living = this.host.living();
    const { hindrance } = this.command;
    this.#process ??= this.#start({ hindrance, left: descriptors });
    this.#process.go();
    if (seen.blocked) scene.release();
    seen.ended = await this.#process.ends();
    if (!seen.blocked) seen.after = this.#observe();
    seen.removed = await this.host.robbed(living);
    const { status, output } = this.#process;
    if (status !== undefined) seen.status = status;
    seen.output = output;
    seen.files = readdirSync(scene.folder).filter((name) => name.includes('saved'));
  }

  /** Waits until the copy is started: its receiver holds it until the report is out, and then it is free. */
  async #untilStarted() {
    const { it } = this;
    const { migration } = this.scene;
    const { point, operator } = it;
    if (operator.end === 'source' || point.target[1] !== 'completed' || isRaced(it)) return;
    await migration.until(() => migration.targetStatus !== undefined, COMING);
  }

  letGo() {
    this.#process?.go();
  }

  /** @param {How} how */
  #start(how) {
    const { scene, host, command } = this;
    const [domain] = host.domains();
    // Without a domain the words are those of an operator who saw it there before.
    const name = domain?.name ?? (host === scene.source ? 'busy--migratedaway' : 'busy--incoming');
    const third = command.guest === undefined ? '' : this.#third().folder;
    const image = command.row === 'create' ? idleImage(dirname(scene.folder)) : '';
    const words = command.words({ name, folder: scene.folder, image, third, receive: receiver });
    return new OperatorProcess(words, { host: host.folder, ...how });
  }

  #third() {
    return (this.#thirdHost ??= this.scene.addHost('third'));
  }

  /** @returns {Observed} */
  #observe() {
    return { domains: this.host.domains(), domids: this.host.domids() };
  }

  #standing() {
    return this.host.domains()[0]?.standing ?? 'none';
  }

  /** Restores what the operator has saved, so that the guest can be checked. */
  bringBack() {
    const { scene, command, seen } = this;
    if (command.guest !== 'ends' || seen.status !== 0) return;
    const { PATH = '' } = process.env;
    const { status, stderr } = spawnSync(
      process.execPath,
      [program('xl'), 'restore', imageIn(scene.folder)],
      {
        env: { PATH, MIG_HOST_DIR: this.#third().folder },
        encoding: 'utf8',
      },
    );
    if (status !== 0) seen.left.push(`what was saved is not to be restored: ${stderr}`);
  }
}
