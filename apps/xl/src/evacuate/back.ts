/**
 * Brings domains back: an evacuation at each host that has some of them, of those domains to this host. What is true of
 * an evacuation is so true of a return; this process starts them, follows them, and passes orders on.
 */
import {
  changed,
  type DomainState,
  isFinal,
  isOver,
  type RunDomain,
  transitions,
  withFigures,
} from '@mig/fleet';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { heedSignals, signalWords } from '../output/signals.js';
import type { ControllerParts } from './controller.js';
import { endedMigrationOf } from './ended-migration.js';
import { lookAt } from './inventory.js';
import type { Evacuation, Journal, Wanted } from './journal.js';
import { OrdersThere } from './orders-there.js';
import { endQuestions, killGroup, migThere, runAt, shellWord, startAt } from './remote.js';

/** Time for a host to answer, in milliseconds. */
const TIMEOUT = 60_000;
const TICK = 500;
/** Milliseconds before a host is asked again where another controller is at work. */
const AGAIN = 1000;
/** The file with what tells a machine from all others: see random(4). */
const BOOT_ID = '/proc/sys/kernel/random/boot_id';

interface ThereEvent {
  readonly event?: string;
  readonly uuid?: string;
  readonly state?: DomainState;
  readonly why?: string;
  readonly text?: string;
  readonly code?: string;
  readonly message?: string;
  readonly downtimeMilliseconds?: unknown;
  readonly migration?: unknown;
  readonly domains?: readonly { readonly uuid: string; readonly why?: string }[];
}

/** @returns the run as it ended */
export async function bringBack(
  parts: Omit<ControllerParts, 'ledger'> & { readonly journal: Journal },
  begun: Evacuation,
  onChange: (now: Evacuation) => void,
): Promise<Evacuation> {
  const { journal, display } = parts;
  let evacuation = begun;
  const { id } = evacuation.run;
  const note = (change: Partial<Evacuation>) => {
    evacuation = { ...evacuation, ...change };
    journal.write(evacuation);
    onChange(evacuation);
    display.update(evacuation.run, () => undefined);
  };
  const change = (uuid: string, what: Partial<RunDomain>) => {
    const domain = evacuation.run.domains.find((each) => each.uuid === uuid);
    if (domain === undefined || isFinal(domain.state)) return;
    note({ run: changed(evacuation.run, uuid, what) });
  };
  const { from = {} } = evacuation;
  const hosts = [...new Set(Object.values(from))];
  const uuidsOfRun = new Set(evacuation.run.domains.map(({ uuid }) => uuid));
  const orders = new OrdersThere(evacuation.sshCommand, hosts, uuidsOfRun);
  const children = new Set<ChildProcess>();
  const aborting = new AbortController();
  const quitting = new AbortController();
  let ordered: Promise<unknown> = Promise.resolve();
  const wanted = () => (aborting.signal.aborted ? 'abort' : journal.wanted(id));
  const abort = (words: string) => {
    display.note(`${words}: what has not come back stays where it is.`);
    aborting.abort();
    ordered = orders.abort(() => children.size > 0, quitting.signal);
  };
  const endHeed = heedSignals((signal) => {
    if (!aborting.signal.aborted) return abort(`The return is ${signalWords[signal]}`);
    display.note("No longer waited for: 'mig evacuate-status' at each host says what became of its run.");
    quitting.abort();
    endQuestions();
    for (const child of children) killGroup(child);
  });
  let before: Wanted = journal.wanted(id);
  if (before === 'abort') abort('The return is aborted');
  const ticker = setInterval(() => {
    const now = journal.wanted(id);
    if (now === before) return;
    before = now;
    if (now === 'abort') abort('The return is aborted');
    else void orders.give(now === 'pause' ? 'pause' : 'continue');
  }, TICK);
  try {
    await Promise.all(hosts.map((host) => bringFrom(host)));
  } finally {
    clearInterval(ticker);
    endHeed();
  }
  if (isOver(evacuation.run)) note({ ended: Date.now() });
  return evacuation;

  async function bringFrom(host: string): Promise<void> {
    const { run, sshCommand, name } = evacuation;
    const ours = run.domains.filter(({ uuid, state }) => from[uuid] === host && !isFinal(state));
    const look = await lookAt(sshCommand, host);
    if ('why' in look) {
      display.note(look.why);
      const all = ours.map(({ uuid }) => uuid);
      return giveUpOn(host, all);
    }
    const present = new Set(look.domains.map(({ uuid }) => uuid));
    for (const { uuid } of ours) {
      if (present.has(uuid)) continue;
      settleHere(uuid);
      change(uuid, { state: 'gone', why: `it is neither here nor at ${host}` });
    }
    const uuids = ours.map(({ uuid }) => uuid).filter((uuid) => present.has(uuid));
    if (uuids.length === 0) return;
    if (wanted() !== 'abort' && (await leadsElsewhere(host))) {
      return display.note(
        `${host} reaches another machine by the name ${name}: nothing was begun there. Abort the return, and give the right --name.`,
      );
    }
    for (;;) {
      if (aborting.signal.aborted) return giveUpOn(host, uuids);
      for (const uuid of uuids) settleHere(uuid);
      const left = uuids.filter((uuid) => !isSettled(uuid));
      if (left.length === 0 || (await follow(host, commandFor(left, host, name)))) break;
      await pause(AGAIN);
    }
    // Whatever its events said, this host knows who is here.
    for (const uuid of uuids) settleHere(uuid);
    await giveUpOn(host, uuids);
  }

  /**
   * Asks a host whether it reaches another machine by the name of this one: then it would send the domains there. Where the
   * login may not tell, it goes on, and a domain that has not come here is noticed.
   */
  async function leadsElsewhere(host: string): Promise<boolean> {
    const { sshCommand, name } = evacuation;
    const command = `exec sh -c ${shellWord(`exec ${sshCommand} ${name} cat ${BOOT_ID}`)}`;
    const { stdout } = await runAt(sshCommand, host, command, TIMEOUT);
    return /^[0-9a-f-]{36}\n$/.test(stdout) && stdout !== readFileSync(BOOT_ID, 'utf8');
  }

  function isHere(uuid: string): boolean {
    return parts.host.list().some((domain) => domain.uuid === uuid && domain.standing !== 'incoming');
  }

  function isSettled(uuid: string): boolean {
    return evacuation.run.domains.some((domain) => domain.uuid === uuid && isFinal(domain.state));
  }

  /** Notes a domain that is here by now. */
  function settleHere(uuid: string): void {
    if (isHere(uuid)) change(uuid, { state: 'moved', why: undefined });
  }

  /** Notes what is left of an aborted return; what its host does not tell is for a person. */
  async function giveUpOn(host: string, uuids: readonly string[]): Promise<void> {
    if (wanted() !== 'abort') return;
    if (!aborting.signal.aborted) abort('The return is aborted');
    await ordered;
    const why = `${host} has not said that its evacuation is over, which may still bring it here: 'mig evacuate-abort' there`;
    for (const uuid of uuids) {
      settleHere(uuid);
      if (orders.isOver(host)) change(uuid, { state: 'stayed', why: 'the return was aborted' });
      else change(uuid, { state: 'person', why });
    }
  }

  function commandFor(uuids: readonly string[], host: string, to: string): string {
    const { run, sshCommand } = evacuation;
    const { options } = run;
    const share = Math.max(Math.floor(options.in / hosts.length), 1);
    const words = [
      ...['evacuate', '--json', '--to', to, '--name', host, '-s', sshCommand],
      // They were together here before.
      ...['--ignore-apart', '--out', String(options.out), '--in', String(share), '--order', options.order],
      ...(options.link === undefined ? [] : ['--link', `${Math.floor(options.link / hosts.length)}B/s`]),
      ...(options.maxDowntime === undefined ? [] : ['--max-downtime', String(options.maxDowntime)]),
      ...['--', ...uuids],
    ];
    return migThere(...words);
  }

  /** Follows an evacuation at a host. @returns false if another controller is at work there: it is to be asked again */
  async function follow(host: string, command: string): Promise<boolean> {
    const child = startAt(evacuation.sshCommand, host, command);
    children.add(child);
    child.once('close', () => children.delete(child));
    let words = '';
    let isTaken = false;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4096)));
    for await (const line of createInterface({ input: child.stdout! })) {
      const event = eventIn(line);
      if (event?.event === 'refused') isTaken ||= event.code === 'controller';
      if (event?.event === 'note' && event.text !== undefined) display.note(`${host}: ${event.text}`);
      if (event?.event === 'cannot-move') {
        const stuck = (Array.isArray(event.domains) ? event.domains : []) as NonNullable<
          ThereEvent['domains']
        >;
        for (const { uuid, why } of stuck) change(uuid, { state: 'stayed', why });
      }
      if (
        event?.event === 'domain' &&
        event.uuid !== undefined &&
        event.state !== undefined &&
        event.state in transitions
      )
        take(event.uuid, event);
    }
    if (isTaken) return false;
    const said = words.trim().split('\n').at(-1);
    if (said) display.note(`${host}: ${said}`);
    return true;
  }

  function take(uuid: string, event: ThereEvent): void {
    const { state, why, downtimeMilliseconds: downtime } = event;
    const migration = endedMigrationOf(event.migration);
    const news = {
      ...(typeof downtime === 'number' && { downtimeMilliseconds: downtime }),
      ...(migration && { migration }),
    };
    // Before its state, which is told with them. A host may say more than it was asked for.
    if (uuidsOfRun.has(uuid) && Object.keys(news).length > 0) note(withFigures(evacuation, uuid, news));
    if (state === 'moved' && !isHere(uuid)) {
      const { name } = evacuation;
      return change(uuid, {
        state: 'person',
        why: `it was moved to ${name}, and is not here: it has ended since, or another host has that name`,
      });
    }
    change(uuid, { state: state!, why });
  }
}

function eventIn(line: string): ThereEvent | undefined {
  try {
    return JSON.parse(line) as ThereEvent;
  } catch {
    return undefined;
  }
}
