// Two hosts, a guest that checks its memory, and a migration between them that is held where the case wants
// it; afterwards the observation.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { GuestLife } from './guest-life.mjs';
import { Hold } from './hold.mjs';
import { Migration } from './migration.mjs';
import { restoring } from './injection-points.mjs';
import { comesTrue, processesOf, send, sweep } from './processes.mjs';
import { StageHost } from './stage.mjs';

/** Milliseconds until the next stop has come, and until everything is over: far more than it takes. */
const COMING = 15_000;
const ENDING = 75_000;

/** The place, once armed, where the target waits for the end of the copy that it destroys. */
const LOOKS_WHO_LIVES = { pattern: '^/proc/[0-9]+/stat$', nth: { worker: 1 }, armed: true };

/** @import { Place, Stop } from './injection-points.mjs' */
/** @import { Ending } from './migration.mjs' */
/** @import { SourceState } from '@mig/protocol/handshake' */
/** @import { StageDomain } from './stage.mjs' */

/** @typedef {() => Promise<void>} Arrival */

/**
 * @typedef {object} Noted
 * @property {boolean} reached whether the conversation reached the case's point
 * @property {number} seconds from the fault to the end of it all
 * @property {number} [began] the time of the fault, as performance.now() has it
 * @property {string} [late] what does not end
 * @property {SourceState | undefined} [stateAtFault]
 * @property {import('./operator/operate.mjs').Acted} [operator] what was seen of an operator's command
 */
/**
 * @typedef {object} Looked the observation at the end
 * @property {{ source: StageDomain[], target: StageDomain[] }} hosts
 * @property {StageDomain[]} others at any other host
 * @property {string[]} life what is wrong with the guest
 * @property {string[]} left files and processes that should not be there
 * @property {number | string | undefined} status of `xl migrate`, or the signal that ended it
 * @property {number | string | undefined} targetStatus
 * @property {SourceState[]} states that the source has come to
 * @property {Ending | undefined} last
 * @property {string} stderr
 * @property {string[]} confusion
 */
/** @typedef {Noted & Looked & { skipped?: undefined }} Seen */
/** @typedef {{ skipped: string, reached?: undefined }} Skipped of a case that this machine does not allow */

export class Scene {
  /**
   * Facts noted on the way.
   * @type {Noted}
   */
  seen = { reached: false, seconds: 0 };
  /** @type {string | undefined} why the case is not performed */
  skipped;
  /** @type {Migration | undefined} */
  #migration;
  #life = new GuestLife();
  /** @type {(() => void)[]} */
  #undo = [];
  /** @type {(() => void)[]} */
  #close = [];
  /** @type {(Stop & { arrivals: Arrival[] })[]} what is done while it is held there */
  #stops = [];
  /** @type {Set<string>} */
  #consoles = new Set();
  /**
   * The hold of the target's toolstack, if it is held.
   * @type {Hold | undefined}
   */
  #receiver;
  /** Hosts in the order in which the guest may have lived on them. */
  #hosts;

  /**
   * @param {import('./strata.mjs').Case} it
   * @param {string} folder
   */
  constructor(it, folder) {
    this.it = it;
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.source = new StageHost(join(folder, 'source'));
    this.target = new StageHost(join(folder, 'target'));
    this.#hosts = [this.source, this.target];
  }

  /**
   * Adds a host, to which the guest can go from any other.
   * @param {string} name
   */
  addHost(name) {
    const host = new StageHost(join(this.folder, name));
    this.#hosts.push(host);
    return host;
  }

  get migration() {
    if (this.#migration === undefined) throw new Error('the migration has not begun');
    return this.#migration;
  }

  /** Starts the guest at the source. */
  async setUp() {
    this.source.create('busy');
    this.follow(this.source);
    await this.#life.untilFilled();
    this.sourcePid = this.source.newestPid();
  }

  /**
   * Begins the migration.
   * @param {{ source: Record<string, string>, target: Record<string, string> }} environments of its ends
   * @param {{ place: Place, arrive: Arrival }} [before] what is done while it is
   *   held at a place that is before the case's own, or the same
   */
  begin(environments, before) {
    const { point, fault, fraction } = this.it;
    const { source, target } = environments;
    if (point.block === 'target') this.#receiver = new Hold(join(this.folder, 'receiver'), LOOKS_WHO_LIVES);
    if (point.scene === 'name taken') this.#stopAt(restoring, 0, () => this.#takeName());
    if (before !== undefined) this.#stopAt(before.place, 0, before.arrive);
    if (point.at !== undefined) this.#stopAt(point.at, fraction);
    this.#migration = new Migration(this.folder, {
      stops: this.#stops.map(({ place, fraction }) => ({ place, fraction })),
      // Everything is dirty once; what is dirty then is sent live, and the rest in the stop-and-copy. All
      // of memory is compared where the stream's form cannot show that it is wrong.
      options: ['-d', '1000000', ...(fault?.kind === 'corrupt' ? ['--debug'] : [])],
      source,
      target: { ...target, ...this.#receiver?.environment },
    });
  }

  /**
   * @param {Place} place
   * @param {number} fraction
   * @param {Arrival} [arrive]
   */
  #stopAt(place, fraction, arrive) {
    let stop = this.#stops.find(({ place: other }) => keyOf(other) === keyOf(place));
    if (stop === undefined) this.#stops.push((stop = { place, fraction, arrivals: [] }));
    stop.fraction = fraction;
    if (arrive !== undefined) stop.arrivals.push(arrive);
  }

  /**
   * Takes the domain's name at the target; one taken from the start would be refused before a page is sent.
   */
  async #takeName() {
    const arrives = () => this.target.domains().some(({ name }) => name === 'busy--incoming');
    if (!(await comesTrue(arrives, COMING))) throw new Error('no copy came to the target');
    this.target.createDecoy('busy');
  }

  /** Continues until the conversation is at the case's point; returns whether it got there. */
  async reach() {
    const { migration } = this;
    const { block, until, scene } = this.it.point;
    const over = () => migration.status !== undefined;
    for (const [i, { arrivals }] of this.#stops.entries()) {
      await migration.until(() => migration.stopsReached > i || over(), COMING);
      if (migration.stopsReached <= i) return false;
      for (const arrive of arrivals) await arrive();
      if (i < this.#stops.length - 1) await migration.act({ do: 'go' });
    }
    if (this.#stops.length === 0) {
      await migration.until(() => migration.relay !== undefined || over(), COMING);
      if (migration.relay === undefined) return false;
    }
    // As for the target's: the source has looked for the name before its first page.
    if (scene === 'away name taken') this.source.createDecoy('busy--migratedaway');
    if (block !== undefined) this.#block(block);
    if (until === undefined) return true;
    // The target has ended, and its messages are still held.
    if ('ended' in until) return migration.until(() => migration.targetStatus !== undefined, COMING);
    await migration.act({ do: 'go' });
    const come = () =>
      'says' in until
        ? migration.stderr.includes(until.says)
        : migration.sourceStates().includes(until.source);
    await migration.until(() => come() || over(), COMING);
    if (this.#receiver !== undefined) return this.#receiver.comes(over, COMING);
    return come();
  }

  /** @param {NonNullable<import('./injection-points.mjs').InjectionPoint['block']>} block */
  #block(block) {
    if (block === 'target') {
      const receiver = this.#receiver;
      receiver?.arm();
      return this.undoLater(() => receiver?.go());
    }
    const host = block.startsWith('source') ? this.source : this.target;
    if (block.endsWith('lock')) {
      host.lock();
      this.undoLater(() => host.unlock());
    } else {
      const pid = host.newestPid();
      if (pid !== undefined) host.stop(pid);
      this.undoLater(() => host.continue());
    }
  }

  /**
   * Registers how to release what is held.
   * @param {() => void} undo
   */
  undoLater(undo) {
    this.#undo.push(undo);
  }

  /**
   * Registers what to close after the observation.
   * @param {() => void} close
   */
  closeLater(close) {
    this.#close.push(close);
  }

  release() {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Waits until both ends of the migration are gone, and notes which is not. */
  async untilOver() {
    const { migration, seen } = this;
    const ended = await migration.until(() => migration.status !== undefined, ENDING);
    seen.seconds = (performance.now() - (seen.began ?? performance.now())) / 1000;
    if (!ended) seen.late = 'the source';
    this.release();
    const quiet = await comesTrue(() => this.#toolstacks().length === 0, ended ? 10_000 : 0);
    if (!quiet) {
      seen.late ??= this.#toolstacks()
        .map(({ command }) => command)
        .join(', ');
    }
  }

  #toolstacks() {
    const domains = this.#hosts.flatMap((host) => host.pids());
    return processesOf(this.folder).filter(
      ({ pid, command }) => !domains.includes(pid) && !command.includes('bin/domain.cjs'),
    );
  }

  /** @returns {Promise<Seen>} */
  async observe() {
    const { migration } = this;
    for (const host of this.#hosts) host.continue();
    // An end that did not end would change the observation.
    for (const { pid } of this.#toolstacks()) send(pid, 'SIGKILL');
    await comesTrue(() => this.#toolstacks().length === 0, 2000);
    await this.#domainsSettled();
    const hosts = { source: this.source.domains(), target: this.target.domains() };
    const others = this.#hosts.slice(2).flatMap((host) => host.domains());
    const lost = () => {
      const known = this.#hosts.flatMap((host) => host.pids());
      return processesOf(this.folder).filter(({ pid }) => !known.includes(pid));
    };
    await comesTrue(() => lost().length === 0, 3000);
    const remnants = this.#hosts.flatMap((host) => host.remnants());
    const life = await this.#lifeAfter();
    return {
      ...this.seen,
      hosts,
      others,
      life,
      left: [...remnants, ...lost().map(({ command }) => command)],
      status: migration.status,
      targetStatus: migration.targetStatus,
      states: migration.sourceStates(),
      last: migration.ending(),
      stderr: migration.stderr,
      confusion: migration.confusion,
    };
  }

  /** Waits for the domains to settle: a copy that ends with its receiver takes its time. */
  async #domainsSettled() {
    const incoming = () =>
      this.#hosts.flatMap((host) => host.domains()).some(({ name }) => name.endsWith('--incoming'));
    await comesTrue(() => !incoming(), 3000);
  }

  /**
   * Follows the guest's console at this host. Call in the order in which the guest moves.
   * @param {StageHost} host
   */
  follow(host) {
    const [path] = host.consoles();
    if (path === undefined || this.#consoles.has(path)) return;
    this.#consoles.add(path);
    this.#life.goOnAt(path);
  }

  /**
   * The state of the guest, wherever it runs; a stopped one is revived for the check, as an operator would.
   */
  async #lifeAfter() {
    const home = this.#hosts.findLast((host) => host.domains().length > 0);
    const domain = home?.domains()[0];
    if (home === undefined || domain === undefined) return this.#life.flaws();
    const { host } = home;
    const { domid, state } = domain;
    this.follow(home);
    // Nobody else has it: that was checked.
    if (state === 'suspended') {
      home.destroyDecoys();
      host.resume(domid, { force: true });
    }
    if (host.describe(domid).state.paused) host.unpause(domid);
    const ticks = await this.#life.ticksOn(2);
    return [...(ticks ? [] : ['it does not tick']), ...this.#life.flaws()];
  }

  async close() {
    this.release();
    this.#migration?.close();
    this.#receiver?.close();
    for (const close of this.#close) close();
    this.#life.close();
    await sweep(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** @param {Place} place */
const keyOf = ({ direction, rank, section }) => `${direction} ${rank} ${section}`;
