/**
 * A fleet on paper. The hosts know the truth; the controllers see old looks at it, are killed and begun again from their
 * journals, and migrations end in every way that there is.
 */
import { next, reconcile, type Start } from './controller.js';
import { type FleetHost, type FleetView, memoryToArrive, type PresentDomain } from './inventory.js';
import { type AttemptEnd, settle } from './outcome.js';
import { isOver, type Run, waiting } from './run.js';
import { inOrder } from './placement.js';

const LEAST_MEMORY = 256;

interface Host {
  readonly name: string;
  readonly memory: number;
  /** Most that arrive at once: what is more is refused. */
  readonly arrivals: number;
  readonly domains: Map<string, PresentDomain>;
  cordoned: boolean;
  isSilent: boolean;
}

interface Migration {
  readonly domain: PresentDomain;
  readonly source: string;
  readonly target: string;
  readonly abortIfBusy: boolean;
  readonly ends: number;
  /** Whether the controller that began it is there to see its end. */
  isFollowed: boolean;
}

interface Controller {
  readonly source: string;
  /** Journal as written last: all that the next one has. */
  journal: Run;
  own: Set<string>;
  wake: number;
}

/** Makes numbers from 0 to 1 that look random; the same for the same seed. */
export function randomNumbers(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export class SimulatedFleet {
  readonly hosts = new Map<string, Host>();
  readonly controllers: Controller[] = [];
  readonly migrations = new Map<string, Migration>();
  /** Copies that were sent away and not destroyed, as `HOST UUID`. */
  readonly remnants = new Set<string>();
  now = 1_000_000;
  readonly random: () => number;

  constructor({
    seed,
    sources,
    targets,
    domains,
  }: Record<'seed' | 'sources' | 'targets' | 'domains', number>) {
    this.random = randomNumbers(seed);
    const names = (kind: string, count: number) => Array.from({ length: count }, (_, i) => `${kind}${i}`);
    const toNames = names('target', targets);
    for (const name of [...names('source', sources), ...toNames]) {
      const memory = name.startsWith('target') ? (domains / targets) * 4096 : Infinity;
      const arrivals = 1 + Math.floor(this.random() * 3);
      this.hosts.set(name, { name, memory, arrivals, domains: new Map(), cordoned: false, isSilent: false });
    }
    for (let i = 0; i < domains; i++) {
      const uuid = `uuid-${i}`;
      const memory = LEAST_MEMORY * (1 + Math.floor(this.random() * 8));
      const apart = this.random() < 0.2 ? `group-${i % 20}` : undefined;
      const domain = { uuid, name: `domain-${i}`, memory, vcpus: 2, apart, priority: i % 3 };
      this.hosts.get(`source${i % sources}`)!.domains.set(uuid, { ...domain, presence: 'here' });
    }
    for (const source of names('source', sources)) {
      const order = (['largest', 'smallest', 'priority'] as const)[this.controllers.length % 3]!;
      const maxDowntime = this.random() < 0.7 ? 300 : undefined;
      const deadline = this.random() < 0.5 ? this.now + 300_000 : undefined;
      const options = { targets: toNames, out: 3, in: 2, maxDowntime, deadline, order, leave: [] };
      const all = [...this.hosts.get(source)!.domains.values()].map(waiting);
      const journal = { id: source, options, began: this.now, resting: {}, domains: inOrder(all, order) };
      this.controllers.push({ source, journal, own: new Set(), wake: this.now });
    }
  }

  /** Lets time pass to what happens next. @returns false once all runs are over */
  step(): boolean {
    if (this.controllers.every(({ journal }) => isOver(journal))) return false;
    const ends = [...this.migrations.values()].map((each) => each.ends);
    const wakes = this.controllers.filter(({ journal }) => !isOver(journal)).map(({ wake }) => wake);
    this.now = Math.max(this.now, Math.min(...ends, ...wakes));
    this.#misfortune();
    for (const migration of [...this.migrations.values()])
      if (migration.ends <= this.now) this.#end(migration);
    for (const controller of this.controllers) {
      if (controller.wake <= this.now && !isOver(controller.journal)) this.#control(controller);
    }
    return true;
  }

  #misfortune(): void {
    for (const host of this.hosts.values()) {
      if (!host.name.startsWith('target')) continue;
      if (this.random() < (host.cordoned ? 0.05 : 0.003)) host.cordoned = !host.cordoned;
      if (this.random() < (host.isSilent ? 0.05 : 0.003)) host.isSilent = !host.isSilent;
    }
    for (const controller of this.controllers) if (this.random() < 0.01) this.#kill(controller);
  }

  /** The next controller has the journal alone; what was begun goes on. */
  #kill(controller: Controller): void {
    for (const uuid of controller.own) {
      const migration = this.migrations.get(uuid);
      if (migration !== undefined) migration.isFollowed = false;
    }
    controller.own = new Set();
    controller.wake = this.now;
  }

  #control(controller: Controller): void {
    const view = this.#view(controller.source);
    const seen = reconcile(controller.journal, view, controller.own, this.now);
    const { run, starts, wake } = next(seen, view, this.now);
    controller.journal = run;
    controller.wake = wake ?? this.now + 5000;
    // It may be killed between what it writes and what it does.
    if (starts.length > 0 && this.random() < 0.01) return this.#kill(controller);
    for (const start of starts) this.#begin(controller, start);
  }

  #view(source: string): FleetView {
    const look = (host: Host): FleetHost | undefined => {
      if (host.isSilent) return undefined;
      const domains = [...host.domains.values()];
      const used = domains.reduce((sum, domain) => sum + memoryToArrive(domain), 0);
      const closed = host.cordoned ? 'it is cordoned' : undefined;
      return { name: host.name, totalMemory: host.memory, freeMemory: host.memory - used, closed, domains };
    };
    const targets = [...this.hosts.values()].filter(({ name }) => name.startsWith('target'));
    const migrations = [...this.migrations.values()].filter((each) => each.source === source);
    return {
      source: look(this.hosts.get(source)!)!,
      targets: new Map(targets.map((host) => [host.name, look(host)])),
      migrations: new Map(migrations.map(({ domain, target }) => [domain.uuid, target])),
    };
  }

  #begin(controller: Controller, { uuid, target, abortIfBusy }: Start): void {
    const host = this.hosts.get(target)!;
    const domain = this.hosts.get(controller.source)!.domains.get(uuid);
    controller.own.add(uuid);
    if (domain?.presence !== 'here' || this.migrations.has(uuid)) {
      return this.#tell(controller, uuid, { status: 1, outcome: 'untouched', message: 'it is taken' });
    }
    const arriving = [...this.migrations.values()].filter((each) => each.target === target);
    const refusal = host.cordoned
      ? 'cordoned'
      : arriving.length >= host.arrivals
        ? 'arrivals-full'
        : undefined;
    if (refusal !== undefined)
      return this.#tell(controller, uuid, { status: 1, outcome: 'untouched', refusal });
    host.domains.set(uuid, { ...domain, presence: 'arriving' });
    const ends = this.now + domain.memory * (5 + this.random() * 10);
    const migration = { domain, source: controller.source, target, abortIfBusy, ends, isFollowed: true };
    this.migrations.set(uuid, migration);
  }

  #end(migration: Migration): void {
    const { domain, source, target, abortIfBusy, isFollowed } = migration;
    const { uuid } = domain;
    this.migrations.delete(uuid);
    const from = this.hosts.get(source)!.domains;
    const to = this.hosts.get(target)!.domains;
    const stays = () => void to.delete(uuid);
    const moves = () => void (from.delete(uuid), to.set(uuid, domain));
    const luck = this.random();
    let end: AttemptEnd;
    if (luck < 0.1 && abortIfBusy) {
      stays();
      end = { status: 6 };
    } else if (luck < 0.15) {
      stays();
      end = { status: 1, outcome: 'keeps-running', message: 'the connection broke' };
    } else if (luck < 0.17) {
      stays();
      end = { status: 7, stoppedBy: 'operator' };
    } else if (luck < 0.2) {
      // Killed: it may have moved by then.
      if (this.random() < 0.5) stays();
      else moves();
      end = { status: undefined };
    } else if (luck < 0.22) {
      to.set(uuid, domain);
      from.set(uuid, { ...domain, presence: 'away' });
      this.remnants.add(`${source} ${uuid}`);
      end = { status: this.random() < 0.5 ? 3 : 4 };
    } else {
      moves();
      end = { status: 0 };
    }
    if (isFollowed)
      this.#tell(
        this.controllers.find((each) => each.source === source)!,
        uuid,
        end,
      );
  }

  #tell(controller: Controller, uuid: string, end: AttemptEnd): void {
    controller.own.delete(uuid);
    controller.journal = settle(controller.journal, uuid, end, this.now);
    controller.wake = this.now;
  }

  /** Finds what must never be, in sentences. */
  violations(): string[] {
    const found: string[] = [];
    const runs = new Map<string, number>();
    for (const { domains } of this.hosts.values()) {
      for (const { uuid, presence } of domains.values()) {
        runs.set(uuid, (runs.get(uuid) ?? 0) + (presence === 'here' ? 1 : 0));
      }
    }
    for (const [uuid, count] of runs) if (count !== 1) found.push(`${uuid} runs ${count} times`);
    for (const { source, journal } of this.controllers) {
      const leaving = [...this.migrations.values()].filter((each) => each.source === source);
      if (leaving.length > journal.options.out) found.push(`${leaving.length} leave ${source}`);
    }
    for (const host of this.hosts.values()) {
      const arriving = [...this.migrations.values()].filter(({ target }) => target === host.name);
      if (arriving.length > host.arrivals) found.push(`${arriving.length} arrive at ${host.name}`);
    }
    return found;
  }

  /** Finds where a journal of a run that is over says other than the hosts. */
  untruths(): string[] {
    return this.controllers.flatMap(({ source, journal }) =>
      journal.domains.flatMap(({ uuid, state, target }) => {
        const at = [...this.hosts.values()].find(
          ({ domains }) => domains.get(uuid)?.presence === 'here',
        )?.name;
        const said = state === 'moved' ? target : state === 'stayed' ? source : undefined;
        return said === at ? [] : [`${uuid} is at ${at}, and its journal says ${state} ${said}`];
      }),
    );
  }
}
