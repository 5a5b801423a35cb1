/** `xl evacuate`: begins a run, or goes on with one. */
import { once } from 'node:events';
import { hostname } from 'node:os';
import {
  type Estimate,
  type FleetHost,
  inOrder,
  namePattern,
  type Order,
  planMoves,
  type Presence,
  type Run,
  type RunDomain,
  type RunOptions,
  usualOptions,
  waiting,
} from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { cordonNow } from '../commands/cordon.js';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { bringBack } from './back.js';
import { checkAll, type Checked } from './checks.js';
import { Controller, statusOf } from './controller.js';
import { createDisplay, type Display } from './events.js';
import { estimateAll } from './estimates.js';
import { lookAt, lookHere } from './inventory.js';
import { type Evacuation, Journal } from './journal.js';
import { migThere, startAt } from './remote.js';
import { deadlineIn } from './deadline.js';

export interface EvacuateOptions {
  readonly host?: string;
  readonly name?: string;
  readonly to?: readonly string[];
  readonly s: string;
  readonly out: number;
  readonly in: number;
  readonly link?: number;
  readonly maxDowntime?: number;
  readonly deadline?: string;
  readonly order: Order;
  readonly leave?: readonly string[];
  readonly ignoreApart?: true;
  readonly back?: string;
  readonly dryRun?: true;
  readonly json?: true;
}

/** Reasons why a domain that is not simply here cannot be moved. */
const inTheWay: Readonly<Record<Presence, string | undefined>> = {
  here: undefined,
  arriving: 'it is arriving here: wait for it',
  away: 'it is being sent away, or was: xl list shows it',
  suspended: "it is suspended: 'mig resume' revives it",
};

/** Begins the reason of a cordon that a run has set. */
const CORDON = 'it is being emptied: run ';

export async function evacuate(
  context: Context,
  names: readonly string[],
  options: EvacuateOptions,
): Promise<void> {
  if (options.host !== undefined) return evacuateThere(context, options.host, options.s);
  const host = await context.openHost();
  const journal = new Journal(host.info().stateFolder);
  let shown = (): Evacuation['downtimes'] => ({});
  const display = createDisplay(context, options.json === true, () => shown());
  if (!journal.lock()) {
    const running = journal.last();
    const message = `a controller is at work${running === undefined ? '' : ` on run ${running.run.id}`}: 'mig evacuate-status --watch' follows it`;
    display.refused('controller', message);
    throw new Failure(message);
  }
  context.neverWait();
  try {
    const asked = JSON.stringify({ ...options, json: undefined, dryRun: undefined });
    const unfinished = journal
      .ids()
      .map((id) => journal.read(id))
      .find((each) => each?.ended === undefined);
    let evacuation: Evacuation | undefined;
    if (options.dryRun !== true && unfinished !== undefined) {
      evacuation = goOnWith(unfinished, names, asked, options);
      display.note(`Run ${evacuation.run.id} goes on.`);
      if (evacuation.cordoned && host.arrivals.now().cordon === undefined) close(host, evacuation.run.id);
    } else if (options.back !== undefined) {
      evacuation = await newReturn(host, journal, options.back, asked, options);
      journal.write(evacuation);
    } else {
      evacuation = await newRun({ context, host, journal, display }, names, asked, options);
    }
    if (evacuation === undefined) return;
    const parts = { context, host, journal, display };
    const began = Date.now();
    const begun = evacuation;
    const controller = evacuation.back === undefined ? new Controller(parts, evacuation) : undefined;
    shown = () => (controller?.evacuation ?? begun).downtimes;
    if (controller !== undefined) await controller.control();
    const done = controller?.evacuation ?? (await bringBack(parts, begun));
    shown = () => done.downtimes;
    display.update(done.run, () => undefined);
    context.exitStatus = statusOf(done);
    if (done.ended === undefined) {
      display.note(`Run ${done.run.id} is not over: the same command, or 'mig evacuate', goes on with it.`);
    }
    const isAborted = journal.wanted(done.run.id) === 'abort';
    if (done.cordoned && isAborted) openAgain(host, done.run.id);
    else if (done.cordoned && done.ended !== undefined) {
      display.note(
        `This host is cordoned: 'mig uncordon' or 'mig evacuate --back ${done.run.id}' opens it again.`,
      );
    }
    display.end(done.run, context.exitStatus, Date.now() - began);
  } finally {
    journal.close();
  }
}

function goOnWith(
  unfinished: Evacuation,
  names: readonly string[],
  asked: string,
  options: EvacuateOptions,
): Evacuation {
  const isKnown = names.every((name) => unfinished.names.includes(name));
  if (isKnown && (unfinished.asked === asked || isBare(unfinished, options))) return unfinished;
  const { id } = unfinished.run;
  throw new Failure(
    `run ${id} is not over: 'mig evacuate' goes on with it, 'mig evacuate-abort' ends it. Nothing was begun`,
  );
}

/** Tells whether a command line asks for nothing but to go on. */
function isBare({ name, sshCommand }: Evacuation, options: EvacuateOptions): boolean {
  const { to, back, link, maxDowntime, deadline, leave } = options;
  const wishes = [to, back, link, maxDowntime, deadline, leave];
  return (
    wishes.every((wish) => wish === undefined) &&
    (options.name === undefined || options.name === name) &&
    ['ssh', sshCommand].includes(options.s) &&
    options.out === usualOptions.out &&
    options.in === usualOptions.in &&
    options.order === usualOptions.order
  );
}

/** Finds a domain by name, domid or UUID. */
function findAny(host: Host, text: string) {
  return host.list().find(({ uuid }) => uuid === text) ?? findDomain(host, text);
}

/** Plans and checks a run. @returns undefined if it does not begin, which has been said */
async function newRun(
  parts: { context: Context; host: Host; journal: Journal; display: Display },
  names: readonly string[],
  asked: string,
  options: EvacuateOptions,
): Promise<Evacuation | undefined> {
  const { context, host, journal, display } = parts;
  const { to, s: sshCommand } = options;
  if (to === undefined)
    throw new Failure('evacuate: give the targets, --to A,B. No run is unfinished', ExitStatus.usage);
  const name = options.name ?? hostname();
  if (to.includes(name)) throw new Failure(`evacuate: ${name} is this host, and no target`, ExitStatus.usage);
  const wanted = new Set(names.map((each) => findAny(host, each).uuid));
  const isLeft = namePattern(options.leave ?? []);
  const { source } = lookHere(host, name);
  const all = source.domains.filter(({ uuid }) => wanted.size === 0 || wanted.has(uuid));
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
    id: journal.newId(new Date()),
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
  display.plan(run, planMoves(run.domains, targets, runOptions, new Map<string, Estimate>()));
  // A cordon that is there is somebody else's.
  const cordoned = wanted.size === 0 && host.arrivals.now().cordon === undefined;
  const evacuation = { schema: 1, name, asked, names, sshCommand, cordoned, downtimes: {}, run } as const;
  journal.write(evacuation);
  // A host that is emptied must not fill up meanwhile.
  if (cordoned) close(host, run.id);
  return evacuation;
}

/** Makes a run that brings back what another has moved. */
async function newReturn(
  host: Host,
  journal: Journal,
  back: string,
  asked: string,
  options: EvacuateOptions,
): Promise<Evacuation> {
  const before = /^[\w-]+$/.test(back) ? journal.read(back) : undefined;
  if (before === undefined)
    throw new Failure(`there is no run ${back}: ${journal.ids().join(', ') || 'none is kept'}`);
  const here = new Set(host.list().flatMap(({ uuid, standing }) => (standing === 'free' ? [uuid] : [])));
  const moved = before.run.domains.filter(({ uuid, state }) => state === 'moved' && !here.has(uuid));
  const places = new Set(moved.flatMap(({ target }) => target ?? []));
  const looks = await Promise.all([...places].map((place) => lookAt(options.s, place)));
  const silent = looks.flatMap((look) => ('why' in look ? [look.why] : []));
  if (silent.length > 0 && silent.length === looks.length) {
    throw new Failure(`${silent.join('; ')}. Nothing was begun`);
  }
  openAgain(host, back);
  const { cordon } = host.arrivals.now();
  if (cordon !== undefined) throw new Failure("this host is cordoned: 'mig uncordon' first");
  const name = options.name ?? before.name;
  const domains: RunDomain[] = moved.map((domain) => ({ ...waiting(domain), target: name }));
  const { link = before.run.options.link, maxDowntime, order } = options;
  const limits = { out: options.out, in: options.in, order, leave: [] };
  return {
    schema: 1,
    name,
    asked,
    names: [],
    sshCommand: options.s,
    back,
    from: Object.fromEntries(
      moved.flatMap(({ uuid, target }) => (target === undefined ? [] : [[uuid, target]])),
    ),
    cordoned: false,
    downtimes: {},
    run: {
      id: journal.newId(new Date()),
      options: {
        ...limits,
        targets: [name],
        ...(link !== undefined && { link }),
        ...(maxDowntime !== undefined && { maxDowntime }),
      },
      began: Date.now(),
      resting: {},
      domains,
    },
  };
}

function close({ arrivals }: Host, id: string): void {
  arrivals.cordon(cordonNow(`${CORDON}${id}`));
}

function isAt({ domains }: FleetHost, uuid: string): boolean {
  return domains.some((domain) => domain.uuid === uuid && domain.presence === 'here');
}

/** Lifts the cordon that a run has set, and no other. */
function openAgain({ arrivals }: Host, id: string): void {
  if (arrivals.now().cordon?.reason === `${CORDON}${id}`) arrivals.uncordon();
}

/** Runs the same command at the host that is to be emptied. */
async function evacuateThere(context: Context, there: string, sshCommand: string): Promise<void> {
  const at = process.argv.indexOf('evacuate');
  const words = withoutHost(process.argv.slice(at), there);
  const ssh = process.stdout.isTTY && sshCommand === 'ssh' ? 'ssh -t' : sshCommand;
  const child = startAt(ssh, there, migThere(...words), { stdio: 'inherit' });
  const [status] = (await once(child, 'exit')) as [number | null];
  context.exitStatus = status ?? ExitStatus.failure;
}

/** Takes `--host` from a command line, and adds the name by which the host was reached. */
function withoutHost(argv: readonly string[], there: string): string[] {
  const words: string[] = [];
  for (let i = 0; i < argv.length; i++) {
    if (argv[i] === '--host') i++;
    else if (argv[i]?.startsWith('--host=') !== true) words.push(argv[i]!);
  }
  if (!words.some((word) => /^--name(=|$)/.test(word))) words.splice(1, 0, '--name', there);
  return words;
}
