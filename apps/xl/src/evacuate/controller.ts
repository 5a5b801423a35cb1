/** The controller of a run: looks at the hosts, begins migrations, and writes down what it does before it does it. */
import { type FleetHost, giveUp, isFinal, isOver, next, reconcile, settle } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import type { Context } from '../host/context.js';
import { ExitStatus } from '../output/exit-status.js';
import { heedSignals, signalWords } from '../output/signals.js';
import { Attempts, type MigrationEnd } from './attempts.js';
import type { Display } from './events.js';
import { lookAt, lookHere } from './inventory.js';
import type { Evacuation, Journal, Wanted } from './journal.js';

/** Milliseconds between two looks for an operator's order, and two updates of the table. */
const TICK = 250;
/** Milliseconds for which a look at the targets is good enough to begin migrations; the targets decide for themselves. */
const LOOK_AGE = 10_000;

export interface ControllerParts {
  readonly context: Context;
  readonly host: Host;
  readonly journal: Journal;
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
    const { journal, host } = parts;
    const { run, sshCommand } = evacuation;
    this.#attempts = new Attempts({
      stateFolder: host.info().stateFolder,
      sshCommand,
      folder: journal.prepare(run.id),
      link: run.options.link,
      onEnd: (uuid, end) => {
        try {
          this.#settle(uuid, end);
        } catch (error) {
          // The journal cannot be written: nothing more may begin.
          this.#failure ??= error as Error;
        }
        this.#wakeUp();
      },
      onStatus: () => this.#show(),
    });
  }

  get evacuation(): Evacuation {
    return this.#evacuation;
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
    if (isOver(this.#evacuation.run)) this.#note({ ended: Date.now() });
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
    const { source, domids, migrations } = lookHere(host, this.#evacuation.name);
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
    this.#note({ run: step.run });
    for (const { uuid, state, isForeign } of step.run.domains) {
      const domid = domids.get(uuid);
      if (domid === undefined || state !== 'moving' || !migrations.has(uuid)) continue;
      if (!this.#attempts.uuids.has(uuid)) this.#attempts.adopt(uuid, domid, isForeign === true);
    }
    await Promise.all(
      step.starts.map((start) => {
        const domid = domids.get(start.uuid)!;
        return this.#attempts.begin(domid, host.whyNotLive?.(domid) === undefined, start);
      }),
    );
    this.#show();
    return step.wake;
  }

  #settle(uuid: string, { downtimeMilliseconds, ...end }: MigrationEnd): void {
    const { run, downtimes } = this.#evacuation;
    this.#note({
      run: settle(run, uuid, { ...end, isInterrupted: this.#isInterrupted }, Date.now()),
      ...(downtimeMilliseconds !== undefined && {
        downtimes: { ...downtimes, [uuid]: downtimeMilliseconds },
      }),
    });
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
    return this.parts.journal.wanted(this.#evacuation.run.id);
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

  #note(change: Partial<Evacuation>): void {
    const evacuation = { ...this.#evacuation, ...change };
    if (JSON.stringify(evacuation) !== JSON.stringify(this.#evacuation)) this.parts.journal.write(evacuation);
    this.#evacuation = evacuation;
    this.#show();
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
