/** Initial states of the model. */
import { judgeCommand } from '@mig/protocol/handshake';
import type { Bounds } from './explore.js';
import {
  type Copy,
  type HostName,
  type Migration,
  newCopy,
  type Source,
  type State,
  type Target,
} from './state.js';

const source: Source = {
  state: 'awaiting-banner',
  waits: 'nothing',
  answered: undefined,
  epoch: undefined,
  deaf: false,
  end: undefined,
};
const target: Target = { state: 'greeting', copy: undefined, deaf: false, end: undefined };

/** A migration that has taken its domain, before any message. */
export function awaiting(from: number, to: HostName): Migration {
  return { from, to, source, target, image: undefined, toTarget: [], toSource: [] };
}

export function start({ begins, commandsInAll, deaths }: Bounds): State {
  const rest = {
    operators: [],
    image: undefined,
    commandsLeft: commandsInAll,
    deathsLeft: deaths,
    told: [],
    disturbed: begins === 'unknown',
    wrong: undefined,
  };
  if (begins === 'unknown') return { ...afterNoReport(), ...rest };
  return { copies: [taken()], migrations: [awaiting(0, begins === 'to itself' ? 'A' : 'B')], ...rest };
}

/** The domain, just taken for a migration. */
function taken(): Copy {
  const verdict = judgeCommand({ standing: 'free', epoch: 0 }, 'migrate', undefined);
  if (!verdict.allowed || verdict.next === 'gone') throw new Error('a free domain cannot be migrated');
  return newCopy('A', { ...verdict.next, holder: 'source 0' });
}

/** The state after a migration of unknown outcome: the domain runs at B, and is away at A. */
function afterNoReport(): Pick<State, 'copies' | 'migrations'> {
  const away = newCopy('A', { standing: 'away', name: 'away', suspended: true, sentTo: 'B' });
  const over: Migration = {
    ...awaiting(0, 'B'),
    source: { ...source, end: { outcome: 'unknown', left: 'suspended' } },
    target: { ...target, end: 'runs' },
  };
  return { copies: [away, newCopy('B')], migrations: [over] };
}
