// An operator beside a migration: the command as a process, at the moment that the case says, and what was seen of it.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { permission, ready, restoring } from '../moments.mjs';
import { comesTrue, send, stateOf } from '../processes.mjs';
import { timeouts } from '../strike.mjs';
import { commands, imageIn } from './commands.mjs';
import { idleImage } from './image.mjs';
import { isPossible, OperatorProcess, program, receiver } from './process.mjs';
import { isRaced, standingsAt } from './standings.mjs';

/** Seconds for which neither end gives up: longer than any command takes. */
const GENEROUS = 90;
/** Milliseconds for a standing to come about. */
const COMING = 15_000;

const places = { restoring, ready, permission };

/**
 * Has the case's operator act beside the case's migration.
 * @param {import('../scene.mjs').Scene} scene
 */
export async function operate(scene) {
  const { operator } = scene.it;
  const { command, look, when, orphaned } = operator;
  const { hindrance } = commands[command];
  if (!isPossible(hindrance)) {
    scene.seen.skipped = `this machine allows no ${hindrance}`;
    return;
  }
  const operation = new Operation(scene);
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
  // What holds an end back is let go now, whatever moment it was for.
  scene.release();
  await scene.untilOver();
  operation.bringBack();
}

/** Begins the migration, with the look on the way to the moment. */
async function begin(scene, operation, look) {
  const patience = { banner: GENEROUS, source: GENEROUS, target: GENEROUS };
  if (look === 'before') await operation.look();
  const place = places[look];
  scene.begin(timeouts(patience), place && { place, arrive: () => operation.look() });
}

/** Its `xl migrate` is gone, and the line is: what it sent last does not arrive. */
async function orphan({ migration }) {
  send(migration.pid, 'SIGKILL');
  await comesTrue(() => stateOf(migration.pid) === undefined, COMING);
  await migration.act({ do: 'cut' });
  await migration.until(() => migration.targetStatus !== undefined, COMING);
}

/** Has the migration end, with nothing more in its way. */
async function finish(scene) {
  const { migration } = scene;
  await migration.act({ do: 'go' });
  scene.release();
  await migration.until(() => migration.status !== undefined, 60_000);
}

class Operation {
  #process;

  constructor(scene) {
    this.scene = scene;
    const { end, command } = scene.it.operator;
    this.host = scene[end];
    this.command = commands[command];
    this.seen = scene.seen.operator = { left: [] };
    scene.closeLater(() => this.#process?.close());
  }

  /** Starts the command, and has it wait before its act. */
  async look() {
    const { seen, scene } = this;
    await comesTrue(() => this.host.domains().length > 0, COMING);
    seen.atLook = this.#observe();
    this.#process = this.#start({ line: join(scene.folder, 'operator'), acts: this.command.acts });
    seen.looked = await this.#process.looked();
  }

  async act() {
    const { seen, scene } = this;
    const { moment, operator } = scene.it;
    seen.gripped = moment.grip?.startsWith(operator.end) === true && operator.when === undefined;
    if (!seen.gripped) {
      await this.#untilStarted();
      const due = standingsAt(scene.it);
      await comesTrue(() => due.includes(this.#standing()), COMING);
      seen.before = this.#observe();
    }
    scene.follow(this.host);
    const living = this.host.living();
    const { hindrance } = this.command;
    this.#process ??= this.#start({ hindrance, left: scene.it.descriptors });
    this.#process.go();
    if (seen.gripped) scene.release();
    seen.ended = await this.#process.ends();
    if (!seen.gripped) seen.after = this.#observe();
    seen.removed = await this.host.robbed(living);
    [seen.status, seen.output] = [this.#process.status, this.#process.output];
    seen.files = readdirSync(scene.folder).filter((name) => name.includes('saved'));
  }

  /** Its receiver holds it until the report is out, and then it is anybody's. */
  async #untilStarted() {
    const { migration, it } = this.scene;
    const { moment, operator } = it;
    if (operator.end === 'source' || moment.target[1] !== 'completed' || isRaced(it)) return;
    await migration.until(() => migration.targetStatus !== undefined, COMING);
  }

  letGo() {
    this.#process?.go();
  }

  #start(how) {
    const { scene, host, command } = this;
    const [domain] = host.domains();
    // Without one the words are those of an operator who has seen it there before.
    const name = domain?.name ?? (host === scene.source ? 'busy--migratedaway' : 'busy--incoming');
    const third = command.guest === undefined ? '' : this.#third().folder;
    const image = command.row === 'create' ? idleImage(dirname(scene.folder)) : '';
    const words = command.words({ name, folder: scene.folder, image, third, receive: receiver });
    return new OperatorProcess(words, { host: host.folder, ...how });
  }

  #third() {
    return (this.third ??= this.scene.addHost('third'));
  }

  #observe() {
    return { domains: this.host.domains(), domids: this.host.domids() };
  }

  #standing() {
    return this.host.domains()[0]?.standing ?? 'none';
  }

  /** Restores what the operator has saved, so that the guest is asked how it fared. */
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
