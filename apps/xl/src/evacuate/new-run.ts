/** Plans a run: what moves, what cannot, and where each domain would go. */
import { hostname } from 'node:os';
import {
  type Estimate,
  type FleetHost,
  inOrder,
  namePattern,
  planMoves,
  type Presence,
  type Run,
  type RunOptions,
  waiting,
} from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { checkAll, type Checked } from './checks.js';
import { deadlineIn } from './deadline.js';
import { estimateAll } from './estimates.js';
import type { EvacuateOptions } from './evacuate-options.js';
import type { Display } from './events.js';
import { askedFor } from './go-on.js';
import { lookAt, lookHere } from './inventory.js';
import type { Evacuation } from './journal.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Reasons why a domain that is not simply here cannot be moved. */
const inTheWay: Readonly<Record<Presence, string | undefined>> = {
  here: undefined,
  arriving: 'it is arriving here: wait for it',
  away: 'it is being sent away, or was: xl list shows it',
  suspended: "it is suspended: 'mig resume' revives it",
};

/** Finds domains by name, domid or UUID. A UUID comes from a program, and its domain may have ended meanwhile. */
function wantedOf(host: Host, names: readonly string[], display: Display): ReadonlySet<string> {
  const here = host.list();
  const found = names.map((text) => {
    if (here.some(({ uuid }) => uuid === text)) return text;
    if (!UUID.test(text)) return findDomain(host, text).uuid;
    display.note(`${text} is not here: it is left out.`);
    return text;
  });
  return new Set(found);
}

/** Plans and checks a run. @returns undefined if it does not begin, which has been said */
export async function newRun(
  parts: { readonly context: Context; readonly host: Host; readonly display: Display },
  id: string,
  names: readonly string[],
  options: EvacuateOptions,
): Promise<Evacuation | undefined> {
  const { context, host, display } = parts;
  const { to, s: sshCommand } = options;
  if (to === undefined)
    throw new Failure('evacuate: give the targets, --to A,B. No run is unfinished', ExitStatus.usage);
  const name = options.name ?? hostname();
  if (to.includes(name)) throw new Failure(`evacuate: ${name} is this host, and no target`, ExitStatus.usage);
  const wanted = wantedOf(host, names, display);
  const isLeft = namePattern(options.leave ?? []);
  const { source } = lookHere(host, name);
  const all = source.domains.filter(({ uuid }) => names.length === 0 || wanted.has(uuid));
  const present = all.filter(({ presence }) => presence === 'here').map(waiting);
  const placed =
    options.ignoreApart === true ? present.map((domain) => ({ ...domain, apart: undefined })) : present;
  const domains = inOrder(placed, options.order);
  const moving = domains.filter((domain) => !isLeft(domain.name));
  const runOptions: RunOptions = {
    targets: to,
    out: options.out,
    in: options.in,
    ...(options.link !== undefined && { link: options.link }),
    ...(options.maxDowntime !== undefined && { maxDowntime: options.maxDowntime }),
    ...(options.deadline !== undefined && { deadline: deadlineIn(options.deadline, Date.now()) }),
    order: options.order,
    leave: options.leave ?? [],
  };
  const looks = await Promise.all(to.map((each) => lookAt(sshCommand, each)));
  const targets: FleetHost[] = [];
  for (const look of looks) {
    if ('why' in look) throw new Failure(`${look.why}. Nothing was begun`);
    targets.push(look);
    const here = source.domains.find((domain) => isAt(source, domain.uuid) && isAt(look, domain.uuid));
    if (here === undefined) continue;
    throw new Failure(
      `${look.name} has ${here.name} as well: is it this host under another name? Nothing was begun`,
    );
  }
  const { domids, migrations } = lookHere(host, name);
  // One that somebody moves already is waited for: no check would let it pass.
  const toCheck = moving.filter(({ uuid }) => !migrations.has(uuid));
  const checked = await checkAll(host, toCheck, targets, domids, sshCommand);
  // The checks take seconds, in which a domain may end, or somebody begin to move it: neither is in the way.
  const now = lookHere(host, name);
  const gone = moving.filter(({ uuid }) => !now.domids.has(uuid));
  for (const domain of gone) display.note(`${domain.name} is not here any more: it is left out.`);
  const isStuck = ({ domain: { uuid }, why }: Checked): boolean =>
    why !== undefined && now.domids.has(uuid) && !now.migrations.has(uuid);
  const stuck = [
    ...checked.flatMap((each) => (isStuck(each) ? [{ domain: each.domain, why: each.why! }] : [])),
    ...all.flatMap((domain) => {
      const why = isLeft(domain.name) ? undefined : inTheWay[domain.presence];
      return why === undefined ? [] : [{ domain: waiting(domain), why }];
    }),
  ];
  const run: Run = {
    id,
    options: runOptions,
    began: Date.now(),
    resting: {},
    domains: moving.flatMap((domain) => {
      if (gone.includes(domain)) return [];
      const found = checked.find((each) => each.domain.uuid === domain.uuid);
      if (found === undefined) return [domain];
      return isStuck(found) ? [] : [found.domain];
    }),
  };
  if (options.dryRun === true) {
    const estimates = await estimateAll(run, domids, sshCommand);
    display.plan(run, planMoves(run.domains, targets, runOptions, estimates));
  }
  if (stuck.length > 0) {
    display.cannotMove(stuck);
    context.exitStatus = ExitStatus.failure;
    return undefined;
  }
  if (options.dryRun === true) return undefined;
  const left = all.filter((domain) => !moving.some(({ uuid }) => uuid === domain.uuid));
  if (left.length > 0) display.note(`Left here: ${left.map((domain) => domain.name).join(', ')}.`);
  if (run.domains.length === 0) display.note('No domain here is to be moved.');
  const moves = planMoves(run.domains, targets, runOptions, new Map<string, Estimate>());
  display.plan(run, moves);
  // It goes there if it can: what was checked is this plan.
  const planned = run.domains.map((domain, i) => ({ ...domain, target: moves[i]?.target }));
  // A cordon that is there is somebody else's.
  const cordoned = names.length === 0 && host.arrivals.now().cordon === undefined;
  const asked = askedFor(options);
  return {
    schema: 1,
    name,
    asked,
    names,
    sshCommand,
    cordoned,
    downtimes: {},
    run: { ...run, domains: planned },
  };
}

function isAt({ domains }: FleetHost, uuid: string): boolean {
  return domains.some((domain) => domain.uuid === uuid && domain.presence === 'here');
}
