// A round of the soak: one migration, with operators at both ends and sometimes a kill, until all is quiet
// again.
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { commands, imageIn } from '../operator/commands.mjs';
import { words } from '../operator/judge.mjs';
import { OperatorProcess, receiver } from '../operator/process.mjs';
import { comesTrue, processesOf, send, stateOf } from '../processes.mjs';
import { PlainMigration } from './migration.mjs';

/** @import { How } from '../operator/process.mjs' */
/** @import { Living, StageDomain, StageHost } from '../stage.mjs' */
/** @import { Act, Kill, Plan, Victim, When } from './plan.mjs' */
/** @import { Tally } from './tally.mjs' */

/** @typedef {{ process: OperatorProcess, before: Living[], files: string }} Started a command, what lived before it, and its folder */
/**
 * @typedef {object} Stage
 * @property {string} folder of the round
 * @property {StageHost} source
 * @property {StageHost} target
 * @property {StageHost} third
 * @property {string} image see Scenery
 * @property {() => void} follow reads on what the guest says, at whichever host
 */

/** Timeout in milliseconds: far more than it takes. */
const LONGEST = 150_000;

/**
 * Other messages of a refused command, when others act at the same time, or are stopped while they hold the
 * host's lock.
 */
const alsoRefused =
  /there is a domain called|is this very domain|no space left|Failed to (?:save|restore)|is gone|has been destroyed|was (?:stopped|killed)|cannot be read|another process has held/;

export class Round {
  /** @type {string[]} */
  violations = [];
  /**
   * A log of the acts and their ends, for whoever reads of a violation.
   * @type {string[]}
   */
  story = [];
  /** Whether somebody has ended the guest on purpose, or may have. */
  isEnded = false;
  /**
   * Complete images of saves that may have ended the guest.
   * @type {string[]}
   */
  images = [];
  /** @type {OperatorProcess[]} */
  #processes = [];
  #isOver = false;

  /**
   * @param {Plan} plan
   * @param {Stage} stage
   * @param {Tally} tally
   */
  constructor(plan, stage, tally) {
    this.plan = plan;
    this.stage = stage;
    this.tally = tally;
  }

  async play() {
    const { source, target } = this.stage;
    /** @type {(migration: PlainMigration) => void} */
    let begin = () => {};
    /** @type {Promise<PlainMigration>} */
    const begun = new Promise((resolve) => (begin = resolve));
    const { acts, stop } = this.plan;
    const acting = acts.map((act) => ({ at: act.acts, ended: this.#perform(act, begun) }));
    /** @param {typeof acting} those */
    const ended = (those) => Promise.all(those.map((each) => each.ended));
    if (stop !== undefined) void this.#stop(stop, begun, ended(acting.filter(({ at }) => at === stop.acts)));
    const migration = new PlainMigration({
      from: source.folder,
      to: target.folder,
      name: 'busy',
      options: this.plan.options,
    });
    begin(migration);
    const watching = this.#watch();
    if (!(await migration.ends(LONGEST))) this.#violation('xl migrate does not end');
    await ended(acting);
    this.#isOver = true;
    await watching;
    for (const process of this.#processes) process.close();
    await this.#quiet();
    this.#count(migration);
  }

  /**
   * Resolves at the point; at once if it has passed, or will not come.
   * @param {When} when
   * @param {Promise<PlainMigration>} begun
   */
  async #point(when, begun) {
    if (when === 'before') return;
    const migration = await begun;
    if (when === 'over') await migration.ends(LONGEST);
    else await migration.enters(when, LONGEST);
  }

  /** @param {Act | Kill} act @param {Promise<PlainMigration>} begun */
  async #perform(act, begun) {
    try {
      await (act.kind === 'kill' ? this.#kill(act, begun) : this.#command(act, begun));
    } catch (error) {
      const what = act.kind === 'kill' ? act.victim : act.command;
      this.#violation(`${what}: ${error instanceof Error ? error.stack : String(error)}`);
    }
  }

  /**
   * Stops a toolstack until the commands of that point have ended.
   * @param {NonNullable<Plan['stop']>} stop
   * @param {Promise<PlainMigration>} begun
   * @param {Promise<unknown>} ended
   */
  async #stop({ victim, acts }, begun, ended) {
    await this.#point(acts, begun);
    const pid = this.#pidOf(victim, await begun);
    if (pid === undefined || !send(pid, 'SIGSTOP')) return;
    await ended;
    send(pid, 'SIGCONT');
  }

  /** @param {Victim} victim @param {PlainMigration} migration */
  #pidOf(victim, migration) {
    const pids = {
      'xl migrate': () => (migration.isOver ? undefined : migration.pid),
      'xl-receive': () => migration.receiverPid,
      domain: () => this.stage.source.newestPid(),
    };
    return pids[victim]();
  }

  /** @param {Kill} kill @param {Promise<PlainMigration>} begun */
  async #kill({ victim, acts }, begun) {
    await this.#point(acts, begun);
    const pid = this.#pidOf(victim, await begun);
    const isDone = pid !== undefined && stateOf(pid) !== undefined && send(pid, 'SIGKILL');
    if (isDone && victim === 'domain') this.isEnded = true;
    this.tally.add(`kill of ${victim === 'domain' ? 'a domain' : victim}`, isDone ? 'done' : 'not there');
    this.story.push(`${victim} (${pid}) killed at ${acts}: ${isDone ? 'done' : 'not there'}`);
  }

  /** @param {Act} act @param {Promise<PlainMigration>} begun */
  async #command(act, begun) {
    const { command: name, looks, acts } = act;
    const command = commands[name];
    if (looks !== undefined) {
      await this.#point(looks, begun);
      const line = join(this.stage.folder, `hold.${this.#processes.length}`);
      const started = this.#start(act, { line, acts: command.acts });
      await started.process.looked();
      await this.#point(acts, begun);
      started.process.go();
      return this.#judge(act, started);
    }
    await this.#point(acts, begun);
    return this.#judge(act, this.#start(act, { hindrance: command.hindrance }));
  }

  /**
   * @param {Act} act
   * @param {How} how
   * @returns {Started}
   */
  #start({ command: name, at }, how) {
    const { folder, third, image } = this.stage;
    const host = this.stage[at];
    const [domain] = host.domains();
    const command = commands[name];
    const files = join(folder, `operator.${this.#processes.length}`);
    mkdirSync(files);
    const said = command.words({
      name: domain?.name ?? 'busy',
      folder: files,
      image,
      third: third.folder,
      receive: receiver,
    });
    const before = host.living();
    const process = new OperatorProcess(said, { host: host.folder, left: this.plan.descriptors, ...how });
    this.#processes.push(process);
    return { process, before, files };
  }

  /** @param {Act} act @param {Started} started */
  async #judge(act, started) {
    const { process, files } = started;
    const { command: name, at, killed } = act;
    if (killed) send(process.pid, 'SIGKILL');
    const isEnded = (await process.ends()) || killed;
    const { status, output } = process;
    this.story.push(`${name} at the ${at}: ${status} ${output.trim().split('\n').at(-1)}`);
    if (!isEnded) this.#violation(`xl ${name} does not end`);
    const command = commands[name];
    const image = imageIn(files);
    if (command.guest === 'ends' && existsSync(image)) this.images.push(image);
    if (killed) {
      this.isEnded ||= command.row === 'destroy';
      return this.tally.add(name, 'killed');
    }
    if (/^\s+at .*:\d+|internal error|undefined|\[object/m.test(output))
      this.#violation(`${name} says: ${output}`);
    if (command.row === 'list') await this.#checkList(act, started);
    const isDone = status === 0 || (command.guest === 'fails' && /no space left/.test(output));
    this.isEnded ||= isDone && command.row === 'destroy';
    this.tally.add(name, isDone ? 'allowed' : 'refused');
    const isRefused = alsoRefused.test(output) || Object.values(words).some((each) => each.test(output));
    if (!isDone && !isRefused && command.row !== 'migrate' && command.hindrance === undefined) {
      this.#violation(`${name} at the ${at} ended with ${status} and said: ${output}`);
    }
  }

  /** @param {Act} act @param {Started} started */
  async #checkList({ command: name, at }, { before, process: { status, output } }) {
    const removed = await this.stage[at].robbed(before);
    if (removed.length > 0) this.#violation(`${name} removed ${JSON.stringify(removed)}`);
    if (status !== 0 && output === '') this.#violation(`${name} ended with ${status} and without a word`);
  }

  /** Watches throughout the round that the guest never runs twice. */
  async #watch() {
    const { source, target, third, follow } = this.stage;
    const hosts = [source, target, third];
    const running = () =>
      hosts.flatMap((host) => host.domains().filter(({ state }) => state === 'running')).map(keyOf);
    while (!this.#isOver) {
      follow();
      const first = running();
      if (first.length > 1) {
        // A guest that has moved between two looks does not run twice.
        const again = running();
        const both = first.filter((key) => again.includes(key));
        if (both.length > 1) this.#violation(`TWO ARE RUNNING: ${both.join(' and ')}`);
      }
      await setTimeout(100);
    }
  }

  async #quiet() {
    const { folder, source, target, third, follow } = this.stage;
    const pids = () => [source, target, third].flatMap((host) => host.pids());
    const left = () =>
      processesOf(folder).filter(
        ({ pid, command }) => !pids().includes(pid) && !command.includes('bin/domain.cjs'),
      );
    if (!(await comesTrue(() => left().length === 0, 40_000))) {
      this.#violation(
        `does not end: ${left()
          .map(({ command }) => command)
          .join(', ')}`,
      );
      for (const { pid } of left()) send(pid, 'SIGKILL');
    }
    const incoming = () =>
      [source, target, third]
        .flatMap((host) => host.domains())
        .filter(({ standing }) => heldOnes.includes(standing));
    if (!(await comesTrue(() => incoming().length === 0, 10_000))) {
      this.#violation(`nobody holds it, and it is held: ${JSON.stringify(incoming())}`);
    }
    follow();
  }

  /** @param {PlainMigration} migration */
  #count({ status, end, stderr }) {
    const kind =
      end === undefined && typeof status === 'string'
        ? 'killed'
        : end?.event === 'complete'
          ? 'completed'
          : status === 3
            ? 'unknown'
            : 'failed';
    this.tally.add('migration', kind);
    this.story.push(`migration ${kind}, ${status}: ${end?.message ?? ''}`);
    if (end === undefined && kind !== 'killed' && stderr === '') {
      this.#violation(`xl migrate ended with ${status} and without a word`);
    }
  }

  /** @param {string} what */
  #violation(what) {
    this.violations.push(what);
  }
}

/** @type {StageDomain['standing'][]} */
const heldOnes = ['taken', 'suspended', 'sent', 'incoming'];
/** @param {StageDomain} domain */
const keyOf = ({ domid, name, epoch }) => `${name} (domid ${domid}, epoch ${epoch})`;
