/** Makes what the page shows of a run from what is known of it. */
import type { DomainState, Run, RunDomain } from '@mig/fleet';
import type { OperatorStatus } from '@mig/operator';
import { phaseText, waitsItsTurn } from '../control/phase-words.js';
import { millisecondsText, pageRateText, rateText } from '../output/figures.js';
import { othersWords } from '../output/run-counts.js';
import { columnsOf, type SeenHost, sizeText } from './columns.js';
import type { PageOrder, Row, RunStage, RunView } from './view.js';

/** The kind of process that goes on with a run: a controller at its host, or a worker that has its jobs. */
export type RunKeeper = 'controller' | 'worker';

export interface ViewInput {
  readonly run: Run;
  /** The name of the host that has the run. */
  readonly name: string;
  /** The run whose domains this one brings back. */
  readonly back?: string | undefined;
  /** Hosts that the domains leave, by UUID, if it is not this one. */
  readonly from?: Readonly<Record<string, string>> | undefined;
  /** Downtimes in milliseconds, by UUID. */
  readonly downtimes: Readonly<Record<string, number>>;
  readonly ended?: number | undefined;
  readonly wanted: 'go' | PageOrder;
  /** Whether a controller or a worker is there. */
  readonly isControlled: boolean;
  readonly keeper: RunKeeper;
  /** Remark on what is wrong with the run. */
  readonly note?: string | undefined;
  readonly statusOf: (uuid: string) => OperatorStatus | undefined;
  readonly hosts: readonly SeenHost[];
  /** Whether the page may give orders. */
  readonly control: boolean;
  /** Time in milliseconds since 1970. */
  readonly now: number;
}

/** States in the order of their rows: what people look for comes first. */
const ranks: readonly DomainState[] = ['person', 'gone', 'moving', 'asking', 'waiting', 'stayed', 'moved'];

export function viewOf(input: ViewInput): RunView {
  const { run, name, back, from, ended, statusOf, now } = input;
  const { id, began, domains, options } = run;
  const stage = stageOf(input);
  const has = (...states: readonly DomainState[]) =>
    domains.filter(({ state }) => states.includes(state)).length;
  const sorted = [...domains].sort((a, b) => ranks.indexOf(a.state) - ranks.indexOf(b.state));
  return {
    kind: 'run',
    run: id,
    title: back === undefined ? `Emptying ${name}` : `Bringing domains back to ${name}`,
    stage,
    words: stageWords(stage, has('moved') === domains.length, input.keeper),
    isBad: has('person', 'gone') > 0 || (stage === 'over' && has('moved') < domains.length),
    summary: othersWords(domains).join(', '),
    moved: has('moved'),
    total: domains.length,
    began,
    ended,
    now,
    limits: limitsOf(run),
    deadline: options.deadline,
    note: back === undefined ? input.note : 'How far each is, the page of the host that it leaves shows.',
    orders: input.control ? ordersOf(input) : [],
    hosts: columnsOf({
      hosts: input.hosts,
      domains,
      originOf: (uuid) => from?.[uuid] ?? name,
      doneOf: (uuid) => doneOf(statusOf(uuid)),
    }),
    domains: sorted.map((domain) => rowOf(domain, input)),
  };
}

/** Names the hosts of a run with what domains do there: they leave some, and come to others. */
export function hostsOf({ run, name, from }: Pick<ViewInput, 'run' | 'name' | 'from'>) {
  const leaving = [...new Set(run.domains.map(({ uuid }) => from?.[uuid] ?? name))];
  const origins = leaving.length === 0 && from === undefined ? [name] : leaving;
  return [
    ...origins.map((each) => ({ name: each, role: 'from' as const })),
    ...run.options.targets.map((each) => ({ name: each, role: 'to' as const })),
  ];
}

function stageOf({
  ended,
  isControlled,
  wanted,
}: Pick<ViewInput, 'ended' | 'isControlled' | 'wanted'>): RunStage {
  if (ended !== undefined) return 'over';
  if (!isControlled) return 'unattended';
  return ({ go: 'running', pause: 'paused', abort: 'aborting' } as const)[wanted];
}

function stageWords(stage: RunStage, isAllMoved: boolean, keeper: RunKeeper): string {
  switch (stage) {
    case 'running':
      return 'Under way';
    case 'paused':
      return 'Paused: running migrations go on, no other begins';
    case 'aborting':
      return 'Being aborted: what is still here stays';
    case 'unattended':
      return keeper === 'worker'
        ? "No worker is there: 'mig evacuate-worker' at its host goes on with the run"
        : "No controller is at work: 'mig evacuate' goes on with the run";
    case 'over':
      return isAllMoved ? 'Over: all have moved' : 'Over: not all have moved';
  }
}

/** Lists what may be ordered at this moment. */
export function ordersOf(input: Pick<ViewInput, 'ended' | 'isControlled' | 'wanted'>): PageOrder[] {
  const stage = stageOf(input);
  const { wanted } = input;
  if (stage === 'aborting' || stage === 'over') return [];
  // Without a controller it may still be there.
  if (wanted === 'abort') return ['abort'];
  return [wanted === 'pause' ? 'go' : 'pause', 'abort'];
}

function limitsOf({ options }: Run): RunView['limits'] {
  const { link, maxDowntime, out, in: most, order } = options;
  return [
    ['Line', link === undefined ? 'no limit' : `${rateText(link, 1000)} for all`],
    ['At once', `${out} leave, ${most} arrive at a target`],
    ['Downtime', maxDowntime === undefined ? 'no limit' : `at most ${millisecondsText(maxDowntime)}`],
    ['Order', order === 'priority' ? 'by priority' : `${order} first`],
  ];
}

function rowOf(domain: RunDomain, { run, statusOf, downtimes, now }: ViewInput): Row {
  const { uuid, name, memory, state, why, notBefore } = domain;
  const status = state === 'moving' ? statusOf(uuid) : undefined;
  const expected = status?.estimatedDowntimeMilliseconds;
  const downtime = downtimes[uuid];
  return {
    uuid,
    name,
    memory: sizeText(memory),
    state,
    words: stateWords(domain, status, run.options.link !== undefined),
    why: state === 'moving' ? undefined : why,
    again: state === 'waiting' && notBefore > now ? notBefore : undefined,
    pass: passOf(status),
    rate: status?.sendRate === undefined ? undefined : pageRateText(status.sendRate),
    estimate: expected === undefined ? undefined : `downtime at most ${millisecondsText(expected)}`,
    downtime: downtime === undefined ? undefined : millisecondsText(downtime),
  };
}

function stateWords(
  { state, target, isForeign }: RunDomain,
  status: OperatorStatus | undefined,
  takesTurns: boolean,
): string {
  switch (state) {
    case 'waiting':
      return 'waits';
    case 'moving': {
      const others = isForeign === true ? ', by another command' : '';
      return `moves to ${target}${status === undefined ? '' : `: ${phaseOf(status, takesTurns)}`}${others}`;
    }
    case 'asking':
      return 'is looked for: its migration did not say how it ended';
    case 'moved':
      return `runs at ${target}`;
    case 'stayed':
      return 'stays where it is';
    case 'gone':
      return 'is gone';
    case 'person':
      return 'needs a person to look';
  }
}

/** Returns the phase in words. With a line to share one migration at a time has its turn to end. */
function phaseOf(status: OperatorStatus, takesTurns: boolean): string {
  const { phase, held, iteration } = status;
  const hasTurn = takesTurns && phase === 'precopy' && held !== true && iteration > 0;
  return hasTurn ? 'has its turn' : phaseText(status);
}

function passOf(status: OperatorStatus | undefined): Row['pass'] {
  const pass = status?.pass;
  if (status === undefined || pass === undefined || pass.dirtyPages === 0) return undefined;
  // The passes of one that waits are all alike: a bar that fills again and again would say nothing.
  const percent = Math.min(Math.floor((pass.pagesDone / pass.dirtyPages) * 100), 100);
  const of = waitsItsTurn(status) ? `pass ${pass.iteration}` : `${percent} % of pass ${pass.iteration}`;
  return { percent: waitsItsTurn(status) ? 100 : percent, words: of };
}

/** Share of a domain's memory that its target has: all, once the first pass is over. */
function doneOf(status: OperatorStatus | undefined): number | undefined {
  const pass = status?.pass;
  if (status === undefined) return undefined;
  if (status.iteration > 0) return 1;
  return pass === undefined || pass.dirtyPages === 0 ? 0 : Math.min(pass.pagesDone / pass.dirtyPages, 1);
}
