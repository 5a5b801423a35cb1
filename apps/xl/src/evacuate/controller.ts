/** The controller of a run: looks at the hosts, begins migrations, and writes down what it does before it does it. */
import {
  type FleetHost,
  giveUp,
  isFinal,
  isOver,
  next,
  reconcile,
  type Run,
  type RunDomain,
  settle,
  type Start,
  withFigures,
} from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { heedSignals, signalWords } from '../output/signals.js';
import { Attempts, type MigrationEnd } from './attempts.js';
import type { Display } from './events.js';
import { lookAt, lookHere } from './inventory.js';
import type { Evacuation, Wanted } from './journal.js';

/** Milliseconds between two looks for an operator's order, and two updates of the table. */
const TICK = 250;
/** Milliseconds for which a look at the targets is good enough to begin migrations; the targets decide for themselves. */
const LOOK_AGE = 10_000;

/** Place of a run and of its operator's orders: the journal of this host, or the jobs of an engine. */
export interface Ledger {
  /** Creates the folder for what the migrations of a run print. */
  prepare(id: string): string;
  wanted(id: string): Wanted;
  /** Writes down what a run has become. @returns a promise if that takes time: what comes next waits for it */
  write(evacuation: Evacuation): void | Promise<void>;
}

export interface ControllerParts {
  readonly context: Context;
  readonly host: Host;
  readonly ledger: Ledger;
  readonly display: Display;
}

/** The only controller of a host, which has the journal's lock. */
export class Controller {
  readonly #attempts: Attempts;
  #evacuation: Evacuation;
  #targets: ReadonlyMap<string, FleetHost | undefined> = new Map();
  #lookedAt = 0;
  #stopping = false;
  /** Whether a second signal has aborted the migrations. */
  #isInterrupted = false;
  #before: Wanted = 'go';
  #hasNews = false;
  #resolve: () => void = () => undefined;
  readonly #silent = new Set<string>();
  #failure: Error | undefined;

  constructor(
    private readonly parts: ControllerParts,
    evacuation: Evacuation,
  ) {
    this.#evacuation = evacuation;
    const { ledger, host } = parts;
    const { run, sshCommand } = evacuation;
    this.#attempts = new Attempts({
      stateFolder: host.info().stateFolder,
      sshCommand,
      folder: ledger.prepare(run.id),
      link: run.options.link,
      onEnd: (uuid, end) => {
        void this.#settle(uuid, end);
        this.#wakeUp();
      },
      onStatus: () => this.#show(),
    });
  }

  get evacuation(): Evacuation {
    return this.#evacuation;
  }

  /** Whether a signal has stopped it. */
  get isStopping(): boolean {
    return this.#stopping;
  }

  /** Takes a domain into the run; what is known of one that is there already holds. */
  add(domain: RunDomain): void {
    const { run } = this.#evacuation;
    if (!run.domains.some(({ uuid }) => uuid === domain.uuid)) this.#replace([...run.domains, domain]);
    this.#wakeUp();
  }

  /** Takes a domain out of the run that waits, or was about to move; one whose migration is followed stays. */
  drop(uuid: string): void {
    const { domains } = this.#evacuation.run;
    const isLoose = ({ state }: RunDomain) =>
      state === 'waiting' || (state === 'moving' && !this.#attempts.uuids.has(uuid));
    this.#replace(domains.filter((domain) => domain.uuid !== uuid || !isLoose(domain)));
    this.#wakeUp();
  }

  #replace(domains: Run['domains']): void {
    this.#evacuation = { ...this.#evacuation, run: { ...this.#evacuation.run, domains } };
  }

  async control(): Promise<void> {
    const endHeed = heedSignals((signal) => this.#signal(signalWords[signal]));
    const ticker = setInterval(() => this.#tick(), TICK);
    try {
      for (;;) {
        this.#obey();
        const wake = await this.#step();
        if (isOver(this.#evacuation.run) || (this.#stopping && this.#attempts.ownCount === 0)) break;
        await this.#sleep(wake);
        if (this.#failure !== undefined) throw this.#failure;
      }
    } finally {
      clearInterval(ticker);
      endHeed();
      this.#attempts.close();
    }
    if (isOver(this.#evacuation.run)) await this.#note({ ended: Date.now() });
  }

  /** Looks, decides, and begins what is decided. @returns when to look again */
  async #step(): Promise<number | undefined> {
    const { run } = this.#evacuation;
    const unsettled = run.domains.filter(
      ({ uuid, state }) => !isFinal(state) && !this.#attempts.uuids.has(uuid),
    );
    const isOld =
      performance.now() - this.#lookedAt > LOOK_AGE ||
      Object.values(run.resting).some((time) => time > Date.now());
    const mustAsk = unsettled.some(({ state }) => state !== 'waiting');
    if (mustAsk || (isOld && unsettled.length > 0) || this.#targets.size === 0) await this.#lookAtTargets();
    // From here on nothing is awaited: what has ended meanwhile is noted, and what is seen is not old.
    const { host } = this.parts;
    const look = lookHere(host, this.#evacuation.name);
    const { source, migrations } = look;
    const view = { source, targets: this.#targets, migrations };
    const seen = reconcile(this.#evacuation.run, view, this.#attempts.uuids, Date.now());
    const wanted = this.#wanted();
    const step =
      wanted === 'go' && !this.#stopping
        ? next(seen, view, Date.now())
        : {
            run: wanted === 'abort' ? giveUp(seen, 'the run was aborted') : seen,
            starts: [],
            wake: Date.now() + 2000,
          };
    // Written before it is done: whoever comes next must know of what may have begun.
    const decided = performance.now();
    const written = this.#note({ run: step.run });
    await written;
    // Others may have acted while it was written elsewhere.
    const { domids } = written === undefined ? look : lookHere(host, this.#evacuation.name);
    for (const { uuid, state, isForeign } of step.run.domains) {
      if (!this.#isMoving(uuid)) continue;
      const domid = domids.get(uuid);
      if (domid === undefined || state !== 'moving' || !migrations.has(uuid)) continue;
      if (!this.#attempts.uuids.has(uuid)) this.#attempts.adopt(uuid, domid, isForeign === true);
    }
    const starts = step.starts.filter(({ uuid }) => this.#isMoving(uuid));
    const isGood = this.#wanted() === 'go' && !this.#stopping && performance.now() - decided <= LOOK_AGE;
    if (starts.length > 0 && !isGood) {
      await this.#putBack(starts, seen);
      return step.wake;
    }
    await Promise.all(
      starts.map(async (start) => {
        const domid = domids.get(start.uuid);
        // One that has gone is looked for in the next step.
        if (domid === undefined) this.#wakeUp();
        else await this.#attempts.begin(domid, host.whyNotLive?.(domid) === undefined, start);
      }),
    );
    this.#show();
    return step.wake;
  }

  /** Tells whether a domain is still in the run, and moves. */
  #isMoving(uuid: string): boolean {
    return this.#evacuation.run.domains.some((domain) => domain.uuid === uuid && domain.state === 'moving');
  }

  /** Has domains that were about to move wait as before: what was decided for them no longer holds. */
  async #putBack(starts: readonly Start[], { domains: before }: Run): Promise<void> {
    const { run } = this.#evacuation;
    const domains = run.domains.map((domain) =>
      starts.some(({ uuid }) => uuid === domain.uuid)
        ? (before.find(({ uuid }) => uuid === domain.uuid) ?? domain)
        : domain,
    );
    this.#wakeUp();
    await this.#note({ run: { ...run, domains } });
  }

  async #settle(uuid: string, end: MigrationEnd): Promise<void> {
    const { run } = this.#evacuation;
    try {
      await this.#note({
        run: settle(run, uuid, { ...end, isInterrupted: this.#isInterrupted }, Date.now()),
        ...withFigures(this.#evacuation, uuid, end),
      });
    } catch (error) {
      // It cannot be written down: nothing more may begin.
      this.#failure ??= error as Error;
      this.#wakeUp();
    }
  }

  async #lookAtTargets(): Promise<void> {
    const { run, sshCommand } = this.#evacuation;
    const names = run.options.targets;
    this.#lookedAt = performance.now();
    const looks = await Promise.all(names.map((name) => lookAt(sshCommand, name)));
    this.#targets = new Map(
      looks.map((look, i) => {
        const name = names[i]!;
        if (!('why' in look)) {
          this.#silent.delete(name);
          return [name, look];
        }
        if (!this.#silent.has(name)) this.parts.display.note(look.why);
        this.#silent.add(name);
        return [name, undefined];
      }),
    );
  }

  #signal(words: string): void {
    const { display } = this.parts;
    const moving = this.#attempts.ownCount;
    if (this.#stopping) {
      display.note(`The evacuation is ${words} again: the running migrations are aborted.`);
      this.#isInterrupted = true;
      this.#attempts.abort();
    } else {
      this.#stopping = true;
      const wait =
        moving === 0
          ? ''
          : ` ${moving} running ${moving === 1 ? 'migration is' : 'migrations are'} waited for; a second time aborts ${moving === 1 ? 'it' : 'them'}.`;
      display.note(`The evacuation is ${words}: no further migration begins.${wait}`);
    }
    this.#wakeUp();
  }

  #wanted(): Wanted {
    return this.parts.ledger.wanted(this.#evacuation.run.id);
  }

  #obey(): void {
    if (this.#wanted() === 'abort') this.#attempts.abort();
  }

  #tick(): void {
    this.#show();
    const wanted = this.#wanted();
    if (wanted !== this.#before) {
      this.#before = wanted;
      if (wanted === 'pause') this.parts.display.note('Paused: running migrations go on, no other begins.');
      this.#obey();
      this.#wakeUp();
    }
  }

  /** Waits until a time, or until something happens; at once if something has. */
  async #sleep(until: number | undefined): Promise<void> {
    if (!this.#hasNews) {
      let timer: NodeJS.Timeout | undefined;
      await new Promise<void>((resolve) => {
        this.#resolve = resolve;
        if (until !== undefined) timer = setTimeout(resolve, Math.max(until - Date.now(), 0));
      });
      clearTimeout(timer);
    }
    this.#hasNews = false;
  }

  #wakeUp(): void {
    this.#hasNews = true;
    this.#resolve();
  }

  /** @returns a promise if the note takes time; what it says holds at once */
  #note(change: Partial<Evacuation>): void | Promise<void> {
    const evacuation = { ...this.#evacuation, ...change };
    const isNews = JSON.stringify(evacuation) !== JSON.stringify(this.#evacuation);
    const written = isNews ? this.parts.ledger.write(evacuation) : undefined;
    this.#evacuation = evacuation;
    this.#show();
    return written;
  }

  #show(): void {
    this.parts.display.update(this.#evacuation.run, (uuid) => this.#attempts.statusOf(uuid));
  }
}

/** Returns the exit status of a run: 3 if a person must look, 1 if a domain is still here that should not be. */
export function statusOf({ run }: Evacuation): number {
  const states = run.domains.map(({ state }) => state);
  if (states.includes('person')) return ExitStatus.outcomeUnknown;
  return states.every((state) => state === 'moved') ? ExitStatus.success : ExitStatus.failure;
}
