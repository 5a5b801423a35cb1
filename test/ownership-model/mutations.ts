/** Mutations, each without one guard: the model must find each, which shows that it can. */
import type {
  CommandRow,
  DomainCommand,
  HolderAct,
  HolderRow,
  OwnerTables,
  Standing,
} from '@mig/protocol/handshake';
import { bounds } from './bounds.js';
import type { Bounds } from './explore.js';
import type { Sentence } from './invariants.js';
import { product, type Rules } from './rules.js';

export interface Mutation {
  readonly rules: Partial<Rules>;
  /** The bounds within which it shows. */
  readonly bounds: Bounds;
  /** The sentence that it breaks. */
  readonly breaks: Sentence;
}

const { tables, source, target } = product;

function withTables(change: Partial<OwnerTables>): Pick<Rules, 'tables'> {
  return { tables: { ...tables, ...change } };
}

function withCommand(command: DomainCommand, row: Partial<CommandRow>): Pick<Rules, 'tables'> {
  return withTables({ commands: { ...tables.commands, [command]: { ...tables.commands[command], ...row } } });
}

function withHolder(rows: Partial<Record<HolderAct, HolderRow>>): Pick<Rules, 'tables'> {
  const holder = { ...tables.holder };
  for (const [act, row] of Object.entries(rows))
    holder[act as HolderAct] = { ...holder[act as HolderAct], ...row };
  return withTables({ holder });
}

/** Mutates one cell of the commands' table; one command of that name shows it. */
function cell(
  command: DomainCommand,
  standing: Standing,
  breaks: Sentence,
  more: Partial<Bounds> = {},
): Mutation {
  return {
    rules: withCommand(command, { [standing]: 'does' }),
    bounds: bounds({ commandsInAll: 1, commands: [command], ...more }),
    breaks,
  };
}

const away = {
  commands: ['resume --force', 'destroy'],
  commandsInAll: 2,
  deaths: 1,
  begins: 'unknown',
} as const;
const moving = { hosts: ['A', 'B', 'C'], migrations: 2, commandsInAll: 2, begins: 'unknown' } as const;
const movingAndForce = bounds({ ...moving, commands: ['migrate', 'resume --force'] });

/** A mutation: the holder of a suspended domain may do the same after somebody has resumed it. */
const blindToResumes: Partial<Record<HolderAct, HolderRow>> = {
  'read-context': { free: { to: 'free' } },
  'send-away': { free: { to: 'sent', changesEpoch: true } },
};
const resumedByAnybody = withCommand('resume', { suspended: 'does' }).tables.commands;

export const mutations: Readonly<Record<string, Mutation>> = {
  'resume of a domain that a toolstack has suspended': cell('resume', 'suspended', 'held'),
  'resume of one that is being sent': cell('resume', 'sent', 'twoRun'),
  'resume --force of one that is being sent': cell('resume --force', 'sent', 'held'),
  'resume of one that is away, without --force': cell('resume', 'away', 'twoRun'),
  'unpause of a copy that arrives': cell('unpause', 'incoming', 'twoRun'),
  'migration of a copy that arrives': cell('migrate', 'incoming', 'twoMayRun', { migrations: 2 }),
  'migration of one that is migrated already': cell('migrate', 'taken', 'held', { migrations: 2 }),
  'save of one that is suspended for a migration': cell('save', 'suspended', 'asItStands'),
  'save of one that is migrated already': cell('save', 'taken', 'held'),
  'destroy of one that is being sent': cell('destroy', 'sent', 'none'),
  'create where the domain is, under another name': cell('create', 'free', 'twoRun', {
    commandsInAll: 2,
    commands: ['rename', 'create'],
  }),
  'create where one is that is being sent': cell('create', 'sent', 'twoRun'),
  'create where one is that is away': cell('create', 'away', 'twoRun'),
  'create where a copy arrives': cell('create', 'incoming', 'twoRun'),
  'anybody resumes what is suspended for a migration, which goes on': {
    rules: {
      tables: { ...withHolder(blindToResumes).tables, commands: resumedByAnybody },
      // The epoch does not reveal it either.
      judgeHolder: (ownership, act, _seen, by) => product.judgeHolder(ownership, act, undefined, by),
    },
    bounds: bounds({ commandsInAll: 1, commands: ['resume'] }),
    breaks: 'torn',
  },
  'a stale command is not refused': {
    rules: {
      judgeCommand: (ownership, command, _seen, by) =>
        product.judgeCommand(ownership, command, undefined, by),
    },
    bounds: bounds(away),
    breaks: 'none',
  },
  'a command names the epoch of its start, not that of the look': {
    rules: { operatorNamesEpoch: false },
    bounds: bounds(away),
    breaks: 'none',
  },
  'resume --force does not change the epoch': {
    rules: withTables({ commandMoves: { ...tables.commandMoves, 'resume --force': { to: 'free' } } }),
    bounds: bounds(away),
    breaks: 'none',
  },
  'the start of a copy does not change the epoch': {
    rules: withHolder({ start: { incoming: { to: 'taken' } } }),
    bounds: bounds({ commandsInAll: 1, commands: ['destroy'] }),
    breaks: 'none',
  },
  'the end of the one who sent it does not change the epoch': {
    rules: withHolder({ release: { sent: { to: 'away' } } }),
    bounds: bounds({ commandsInAll: 1, commands: ['destroy'] }),
    breaks: 'none',
  },
  'a host does not look for another domain of the UUID, under another name': {
    rules: { isHere: () => false },
    bounds: bounds({
      migrations: 2,
      commands: ['migrate', 'rename', 'resume --force'],
      commandsInAll: 3,
      begins: 'unknown',
    }),
    breaks: 'twoRun',
  },
  'one whose holder is gone is free, and still suspended': {
    rules: withHolder({ release: { suspended: { to: 'free' } } }),
    bounds: bounds({ deaths: 1 }),
    breaks: 'asItStands',
  },
  'one that was sent is only abandoned when its holder is gone': {
    rules: withHolder({ release: { sent: { to: 'abandoned' } } }),
    bounds: bounds({ commandsInAll: 1, commands: ['resume'] }),
    breaks: 'twoRun',
  },
  'a suspend that nobody has heard of stays': {
    rules: { undoesUnheardSuspend: false },
    bounds: bounds(),
    breaks: 'none',
  },
  'a started copy is free at once': {
    rules: {
      ...withHolder({ start: { incoming: { to: 'free', changesEpoch: true } } }),
      holdsStarted: false,
    },
    bounds: bounds({ migrations: 2, hosts: ['A', 'B', 'C'], commandsInAll: 1, commands: ['migrate'] }),
    breaks: 'twoRun',
  },
  'the target gives permission back before it has destroyed its copy': {
    rules: {
      target: {
        ...target,
        'reporting-failure': { ...target['reporting-failure'], next: { 'failure-written': 'giving-back' } },
        'giving-back': { ...target['giving-back'], next: { 'permission-back-written': 'destroying-copy' } },
        'destroying-copy': { ...target['destroying-copy'], next: { 'copy-destroyed': 'given-back' } },
      },
    },
    bounds: bounds(),
    breaks: 'twoRun',
  },
  'the source resumes when it cannot tell whether permission went out': {
    rules: {
      source: { ...source, 'giving-permission': { ...source['giving-permission'], onFailure: 'resumed' } },
    },
    bounds: bounds(),
    breaks: 'twoRun',
  },
  'the source resumes when no report comes': {
    rules: {
      source: { ...source, 'awaiting-report': { ...source['awaiting-report'], onFailure: 'resumed' } },
    },
    bounds: bounds(),
    breaks: 'twoRun',
  },
  'the source leaves it suspended, and says that it keeps running': {
    rules: {
      source: { ...source, 'awaiting-ready': { ...source['awaiting-ready'], onFailure: 'keeps-running' } },
    },
    bounds: bounds(),
    breaks: 'tables',
  },
  'an operator counts an arriving copy as none': {
    rules: { operatorOverlooks: ['incoming'] },
    bounds: bounds({ commandsInAll: 1, commands: ['resume --force'] }),
    breaks: 'twoRun',
  },
  'an operator looks only where it was sent': {
    rules: { operatorLooks: 'where it was sent' },
    bounds: movingAndForce,
    breaks: 'twoRun',
  },
  'an operator looks where it was sent last': {
    rules: { operatorLooks: 'in any order' },
    bounds: movingAndForce,
    breaks: 'twoRun',
  },
};
