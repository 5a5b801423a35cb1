/** The controller: from the journal, and from what the hosts say, what is to be done next. */
import type { FleetHost, FleetView, Presence } from './inventory.js';
import { again } from './outcome.js';
import { choosePlacement } from './placement.js';
import { changed, isFinal, isOver, type Run, type RunDomain } from './run.js';

/** A migration to begin. */
export interface Start {
  readonly uuid: string;
  readonly target: string;
  /** Longest downtime allowed, in milliseconds. */
  readonly maxDowntime?: number | undefined;
  /** Whether the domain is left running if that is out of reach. */
  readonly abortIfBusy: boolean;
}

export interface Step {
  readonly run: Run;
  readonly starts: readonly Start[];
  /** Time of the next step if nothing happens before, in milliseconds since 1970; undefined if none is due. */
  readonly wake?: number | undefined;
}

/** Looks at the hosts that do not tell what became of a domain, and the milliseconds between two. */
const MOST_UNCLEAR = 10;
const UNCLEAR_PAUSE = 2000;
/** Milliseconds between two looks for the end of a migration that others have begun. */
const OTHERS_PAUSE = 1000;

/**
 * Brings the journal in line with the hosts, which are the only truth.
 * @param own UUIDs of the domains whose migrations this controller waits for: their ends will tell
 */
export function reconcile(run: Run, view: FleetView, own: ReadonlySet<string>, now: number): Run {
  for (const domain of run.domains) {
    if (isFinal(domain.state) || own.has(domain.uuid)) continue;
    run = reconcileOne(run, domain, view, now);
  }
  return run;
}

function reconcileOne(run: Run, domain: RunDomain, view: FleetView, now: number): Run {
  const { uuid, state } = domain;
  const note = (change: Partial<RunDomain>) => changed(run, uuid, change);
  const migration = view.migrations.get(uuid);
  if (migration !== undefined) {
    return state === 'moving' ? run : note({ state: 'moving', target: migration, isForeign: true });
  }

  const here = presenceAt(view.source, uuid);
  const answers = [...view.targets.values()].filter((host) => host !== undefined);
  const at = (wanted: Presence) => answers.find((host) => presenceAt(host, uuid) === wanted)?.name;
  const there = at('here');
  if (here === 'here') {
    if (there !== undefined)
      return note({ state: 'person', why: `it is here and at ${there}: look at both` });
    if (state === 'waiting') return run;
    return state === 'moving' ? note({ state: 'asking' }) : again(run, domain, 'failed', now, said(domain));
  }
  if (there !== undefined) {
    const why = here === undefined ? undefined : 'its old copy is still here: xl list shows it';
    return note({ state: 'moved', target: there, why });
  }
  if (here === 'suspended') {
    return note({ state: 'person', why: `it is suspended here: 'mig resume ${domain.name}' revives it` });
  }
  const isSilent = answers.length < view.targets.size;
  if (isSilent || at('arriving') !== undefined || here === 'arriving') return lookAgain(run, domain, now);
  if (here === 'away') {
    // What is being sent may be on its way still.
    return domain.unclear === 0
      ? lookAgain(run, domain, now)
      : note({ state: 'person', why: 'it was sent away, and no target has it: xl list here says more' });
  }
  // The look at the targets may be older than the one at the source.
  if (domain.unclear === 0) return lookAgain(run, domain, now);
  return note({ state: 'gone', why: 'it is neither here nor at a target' });
}

function said({ why }: RunDomain): string {
  return why ?? 'its migration ended, and it is still here';
}

function lookAgain(run: Run, domain: RunDomain, now: number): Run {
  const unclear = domain.unclear + 1;
  if (unclear > MOST_UNCLEAR) {
    const why = 'no host says what became of it: look for it at all of them';
    return changed(run, domain.uuid, { state: 'person', why, unclear });
  }
  return changed(run, domain.uuid, { state: 'asking', unclear, notBefore: now + UNCLEAR_PAUSE });
}

function presenceAt(host: FleetHost, uuid: string): Presence | undefined {
  const copies = host.domains.filter((domain) => domain.uuid === uuid).map(({ presence }) => presence);
  return copies.includes('here') ? 'here' : copies[0];
}

/** Decides which migrations begin now. A domain that no target can take for good counts as refused. */
export function next(run: Run, view: FleetView, now: number): Step {
  const { options, resting } = run;
  const answers = [...view.targets.values()].filter((host) => host !== undefined);
  const targets = answers.filter(({ name }) => (resting[name] ?? 0) <= now);
  const restEnd = Math.min(...Object.values(resting).filter((time) => time > now));
  const moving = run.domains.filter(({ state }) => state === 'moving');
  const underway = moving.map((domain) => ({ domain, target: domain.target ?? '' }));
  const arrived = run.domains
    .filter(({ state, target }) => state === 'moved' && target !== undefined)
    .map((domain) => ({ domain, target: domain.target! }));
  // Migrations of domains that are not in the run share the host as well.
  const others = [...view.migrations.keys()].filter((uuid) => !moving.some((each) => each.uuid === uuid));
  let free = options.out - moving.length - others.length;
  const starts: Start[] = [];
  for (const domain of run.domains) {
    if (domain.state !== 'waiting' || domain.notBefore > now) continue;
    if (free <= 0) break;
    const placement = choosePlacement(domain, { targets, underway, arrived, in: options.in }, domain.unfit);
    if (placement.kind === 'full') continue;
    if (placement.kind === 'none') {
      // Whoever is on the way may fail, and leave its place.
      const mayWait = underway.length > 0 || targets.length < answers.length;
      if (!mayWait) run = again(run, domain, 'refused', now, placement.why);
      continue;
    }
    const { target } = placement;
    run = changed(run, domain.uuid, { state: 'moving', target, why: undefined, isForeign: undefined });
    underway.push({ domain, target });
    free--;
    starts.push({ uuid: domain.uuid, target, ...downtimeOf(run, domain, now) });
  }
  return { run, starts, wake: wakeTime(run, starts, others.length > 0, restEnd, now) };
}

/** A domain that was too busy may stand still for twice as long each time, and at the deadline for any time. */
function downtimeOf({ options }: Run, { busy }: RunDomain, now: number): Omit<Start, 'uuid' | 'target'> {
  const { maxDowntime, deadline } = options;
  if (maxDowntime === undefined) return { abortIfBusy: false };
  const isLate = deadline !== undefined && now >= deadline;
  return { maxDowntime: maxDowntime * 2 ** Math.min(busy, 20), abortIfBusy: !isLate };
}

function wakeTime(
  run: Run,
  starts: readonly Start[],
  hasOthers: boolean,
  restEnd: number,
  now: number,
): number | undefined {
  if (isOver(run) || starts.length > 0) return undefined;
  const due = run.domains
    .filter(({ state, notBefore }) => state === 'asking' || (state === 'waiting' && notBefore > now))
    .map(({ notBefore }) => Math.max(notBefore, now));
  if (hasOthers) due.push(now + OTHERS_PAUSE);
  if (restEnd < Infinity) due.push(restEnd);
  return due.length === 0 ? undefined : Math.min(...due);
}

/** Ends a run early: what waits stays. */
export function giveUp(run: Run, why: string): Run {
  return run.domains
    .filter(({ state }) => state === 'waiting')
    .reduce((all, { uuid }) => changed(all, uuid, { state: 'stayed', why }), run);
}
