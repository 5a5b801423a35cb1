// One case on real processes: two hosts, a guest, a migration, the fault; then what is to be seen of it all.
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { sourceTable } from '@mig/protocol/handshake';
import { GuestLife } from './guest-life.mjs';
import { Migration } from './migration.mjs';
import { comesTrue, processesOf, send, stateOf, sweep } from './processes.mjs';
import { StageHost } from './stage.mjs';

/** Milliseconds until the moment of the fault has come, and until all is over: far more than it takes. */
const COMING = 15_000;
const ENDING = 75_000;
/** Seconds that nothing is waited for in vain where the fault is none that is waited for. */
const GENEROUS = 30;

/** @param {import('./strata.mjs').Case} fault */
export async function perform(it, folder) {
  const scene = new Scene(it, folder);
  try {
    await scene.set();
    await scene.play();
    return await scene.look();
  } finally {
    await scene.close();
  }
}

class Scene {
  #life = new GuestLife();
  #migration;
  #undo = [];
  #seen = {};

  constructor(it, folder) {
    this.it = it;
    this.folder = folder;
    mkdirSync(folder, { recursive: true });
    this.source = new StageHost(join(folder, 'source'));
    this.target = new StageHost(join(folder, 'target'));
  }

  async set() {
    const { moment, fault } = this.it;
    const domid = this.source.create('busy');
    this.#life.goOnAt(this.source.host.consolePath(domid));
    if (moment.scene === 'name taken') this.target.createDecoy('busy');
    if (moment.scene === 'away name taken') this.source.createDecoy('busy--migratedaway');
    await this.#life.untilFilled();
    this.sourcePid = this.source.newestPid();
    this.#migration = new Migration(this.folder, {
      plan: { place: moment.at, fraction: this.it.fraction },
      // All is dirty once; what is dirty then goes live, and the rest when the guest stands still. With a second look
      // at all of memory where the stream's own form cannot tell that it is wrong.
      options: ['-d', '1000000', ...(fault.kind === 'corrupt' ? ['--debug'] : [])],
      ...environments(this.it),
    });
  }

  async play() {
    const migration = this.#migration;
    this.#seen.reached = await this.#reach();
    if (!this.#seen.reached) {
      await migration.act({ do: 'cut' });
    } else {
      this.#seen.began = performance.now();
      await this.#strike();
    }
    const ended = await migration.until(() => migration.status !== undefined, ENDING);
    this.#seen.seconds = (performance.now() - (this.#seen.began ?? performance.now())) / 1000;
    if (!ended) this.#seen.late = 'the source';
    this.#release();
    const quiet = await comesTrue(() => this.#toolstacks().length === 0, ended ? 10_000 : 0);
    if (!quiet)
      this.#seen.late ??= this.#toolstacks()
        .map(({ command }) => command)
        .join(', ');
  }

  #toolstacks() {
    const domains = [...this.source.pids(), ...this.target.pids()];
    return processesOf(this.folder).filter(
      ({ pid, command }) => !domains.includes(pid) && !command.includes('domain/main.js'),
    );
  }

  /** Until the conversation is where the fault belongs. */
  async #reach() {
    const migration = this.#migration;
    const { at, grip, until } = this.it.moment;
    const over = () => migration.status !== undefined;
    const held = () => (at === undefined ? migration.relay !== undefined : migration.reached);
    await migration.until(() => held() || over(), COMING);
    if (!held()) return false;
    if (grip !== undefined) this.#grip(grip);
    if (until === undefined) return true;
    // The target has ended, and what it said is still held.
    if (until.ended === 'target') return migration.until(() => migration.targetStatus !== undefined, COMING);
    await migration.act({ do: 'go' });
    const come = () =>
      until.source === undefined
        ? migration.stderr.includes(until.says)
        : migration.sourceStates().includes(until.source);
    await migration.until(() => come() || migration.status !== undefined, COMING);
    return come();
  }

  #grip(grip) {
    const host = grip.startsWith('source') ? this.source : this.target;
    if (grip.endsWith('lock')) {
      host.lock();
      this.#undo.push(() => host.unlock());
    } else {
      host.stop(host.newestPid());
      this.#undo.push(() => host.continue());
    }
  }

  #release() {
    for (const undo of this.#undo.splice(0)) undo();
  }

  async #strike() {
    const { fault, moment, mask, octets } = this.it;
    const migration = this.#migration;
    const { kind, direction, forEver } = fault;
    this.#seen.stateAtFault = migration.sourceStates().at(-1);
    switch (kind) {
      case 'kill':
        await this.#kill();
        await migration.act({ do: 'go' });
        break;
      case 'wait':
        await migration.act({ do: 'go' });
        if (moment.grip !== undefined) await this.#untilGivenUp();
        break;
      default:
        await migration.act({ do: kind, direction, forEver, mask, octets });
    }
    if (forEver !== true) this.#release();
  }

  /** Until the source, whose patience lapses, has had the time. */
  async #untilGivenUp() {
    const migration = this.#migration;
    const lapse = (this.it.patience.source + 5) * 1000;
    await migration.until(() => migration.status !== undefined || migration.sourceClosed, lapse);
  }

  async #kill() {
    const { fault, moment } = this.it;
    let pid;
    await comesTrue(() => (pid = this.#victim(fault.victim)) !== undefined, 2000);
    if (pid === undefined) throw new Error(`there is no ${fault.victim}`);
    // Past permission the first signal is heard and no more.
    const past = ['unknown', 'destroy-failed', 'destroyed'].includes(sourceTable[moment.source[0]].onFailure);
    for (const [i, signal] of fault.signals.entries()) {
      if (i > 0) await setTimeout(150);
      send(pid, signal);
      if (signal === 'SIGSTOP') await comesTrue(() => stateOf(pid) === 'T', 1000);
      else await comesTrue(() => stateOf(pid) === undefined, signal !== 'SIGKILL' && past ? 200 : 1500);
    }
    if (fault.signals[0] === 'SIGSTOP') this.#continueLater(pid);
  }

  #victim(victim) {
    const migration = this.#migration;
    const pids = {
      source: () => migration.pid,
      target: () => migration.target,
      relay: () => migration.relay,
      'source domain': () => this.sourcePid,
      'target domain': () => this.target.newestPid(),
    };
    return pids[victim]();
  }

  /** Once the other end has given up; or, where nobody is to come to help, not before all is over. */
  #continueLater(pid) {
    const migration = this.#migration;
    this.#undo.push(() => send(pid, 'SIGCONT'));
    if (this.it.fault.forEver === true) return;
    const gaveUp = () =>
      this.it.fault.victim === 'source' ? migration.targetStatus !== undefined : migration.sourceClosed;
    const { source, target } = this.it.patience;
    void migration
      .until(() => gaveUp() || migration.status !== undefined, (Math.max(source, target) + 1) * 1000)
      .then(() => send(pid, 'SIGCONT'));
  }

  async look() {
    const migration = this.#migration;
    this.source.continue();
    this.target.continue();
    // What is left of an end that did not end would change what is looked at.
    for (const { pid } of this.#toolstacks()) send(pid, 'SIGKILL');
    await comesTrue(() => this.#toolstacks().length === 0, 2000);
    await this.#domainsSettled();
    const hosts = { source: this.source.domains(), target: this.target.domains() };
    const lost = () => {
      const known = [...this.source.pids(), ...this.target.pids()];
      return processesOf(this.folder).filter(({ pid }) => !known.includes(pid));
    };
    await comesTrue(() => lost().length === 0, 3000);
    const remnants = [...this.source.remnants(), ...this.target.remnants()];
    const life = await this.#lifeAfter(hosts);
    return {
      ...this.#seen,
      hosts,
      life,
      left: [...remnants, ...lost().map(({ command }) => command)],
      status: migration.status,
      targetStatus: migration.targetStatus,
      states: migration.sourceStates(),
      last: migration.events().findLast(({ event }) => event === 'complete' || event === 'failed'),
      stderr: migration.stderr,
      confusion: migration.confusion,
    };
  }

  /** A copy that ends with its receiver does so in its own time. */
  async #domainsSettled() {
    const incoming = () =>
      [...this.source.domains(), ...this.target.domains()].some(({ name }) => name.endsWith('--incoming'));
    await comesTrue(() => !incoming(), 3000);
  }

  /** Of the guest, wherever it runs; where it stands still, it is revived for the purpose, as an operator would. */
  async #lifeAfter({ source, target }) {
    const [host, domain] =
      target.length > 0
        ? [this.target.host, target[0]]
        : source.length > 0
          ? [this.source.host, source[0]]
          : [];
    if (domain === undefined) return [];
    if (host === this.target.host) this.#life.goOnAt(host.consolePath(domain.domid));
    if (domain.state === 'suspended') host.resume(domain.domid);
    if (domain.state === 'paused') host.unpause(domain.domid);
    const ticks = await this.#life.ticksOn(2);
    return [...(ticks ? [] : ['it does not tick']), ...this.#life.flaws()];
  }

  async close() {
    this.#release();
    this.#migration?.close();
    this.#life.close();
    await sweep(this.folder);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Patience that lapses is short; what nobody is to wait for in vain has time. */
function environments({ fault, moment, patience }) {
  const stops = fault.signals?.[0] === 'SIGSTOP';
  // A length that is not the one that was sent makes the target wait for octets that do not come.
  const waits = ['stall', 'inject', 'corrupt'].includes(fault.kind);
  const lapses = waits || stops || (fault.kind === 'wait' && moment.grip !== undefined);
  const source = String(lapses ? patience.source : GENEROUS);
  // Where the guest is waited for, nobody else gives up before.
  const target = String(lapses && fault.kind !== 'wait' ? patience.target : GENEROUS);
  // A banner is awaited while programs start, which takes longer than all that follows.
  const early = moment.source[0] === 'awaiting-banner';
  return {
    source: {
      MIG_BANNER_TIMEOUT: early ? source : String(GENEROUS),
      MIG_SUSPEND_TIMEOUT: source,
      MIG_PROGRESS_TIMEOUT: source,
      MIG_READY_TIMEOUT: source,
      MIG_REPORT_TIMEOUT: source,
      MIG_PERMISSION_BACK_TIMEOUT: source,
    },
    target: { MIG_PROGRESS_TIMEOUT: target, MIG_PERMISSION_TIMEOUT: target },
  };
}
