// What is enumerated: every fault at every moment at which it can happen, and every command of an operator. A case is
// one of these with its details (which octet, which of the timeouts is the shorter ...) drawn from the seed and the
// case's number.
import { Random } from '../fuzz/random.mjs';
import { backwardMoments, forwardMoments, heldMoments } from './moments.mjs';
import { describeOperator, operatorStrata } from './operator/strata.mjs';

/** @typedef {import('@mig/protocol/handshake').SourceState} SourceState */
/** @typedef {import('./moments.mjs').Moment} Moment */
/**
 * @typedef {'cut' | 'stall' | 'truncate' | 'deafen' | 'corrupt' | 'inject' | 'kill' | 'wait'} Kind
 * @typedef {'source' | 'target' | 'relay' | 'source domain' | 'target domain'} Victim
 * @typedef {object} Fault
 * @property {Kind} kind
 * @property {'forward' | 'backward' | 'both'} [direction]
 * @property {Victim} [victim]
 * @property {readonly NodeJS.Signals[]} [signals] one after the other
 * @property {boolean} [forEver] nobody continues what was stopped while the other end waits
 */
/** @typedef {{ moment: Moment, fault: Fault, expected?: readonly SourceState[] }} Stratum */

const stratum = (moment, fault, expected) => ({ moment, fault, ...(expected && { expected }) });
const moments = [...forwardMoments, ...backwardMoments, ...heldMoments];
const named = (...names) => {
  const found = moments.filter(({ name }) => names.includes(name));
  if (found.length !== names.length) throw new Error(`no such moment among ${names.join(', ')}`);
  return found;
};

/** The stream has no checksum: of the vCPU's state, nobody can tell that an octet of it is wrong. */
const corruptible = (moment) => moment.name !== 'EMULATOR_CONTEXT, context';
/** One stall in a part is as good as another, and takes its time. */
const stallable = ({ at }) => at === undefined || !['count', 'pfns'].includes(at.section);

const octetFaults = [...forwardMoments, ...backwardMoments].flatMap((moment) => {
  const { direction } = moment.at;
  return [
    stratum(moment, { kind: 'cut' }),
    stratum(moment, { kind: 'truncate', direction }),
    stratum(moment, { kind: 'inject' }),
    ...(corruptible(moment) ? [stratum(moment, { kind: 'corrupt' })] : []),
    ...(stallable(moment) ? [stratum(moment, { kind: 'stall', direction })] : []),
  ];
});

const over = ['completed', 'taken back'];
const lineFaults = heldMoments
  .filter(({ name }) => !over.includes(name))
  .flatMap((moment) => [
    stratum(moment, { kind: 'cut' }),
    stratum(moment, { kind: 'stall', direction: 'both' }),
    ...['forward', 'backward'].flatMap((direction) => [
      stratum(moment, { kind: 'truncate', direction }),
      stratum(moment, { kind: 'deafen', direction }),
    ]),
  ]);

const killMoments = [
  ...named('banner', 'first pass, pages', 'last pass, pages', 'ready', 'permission', 'report', 'status'),
  ...named('report of failure', 'permission back of failure'),
  ...heldMoments,
];

const signals = ['SIGKILL', 'SIGTERM', 'SIGSTOP'];
const processFaults = killMoments.flatMap((moment) =>
  ['source', 'target', 'relay']
    .filter((victim) => victim === 'source' || !targetIsOver(moment))
    .flatMap((victim) =>
      signals.map((signal) => stratum(moment, { kind: 'kill', victim, signals: [signal] })),
    ),
);

function targetIsOver({ target: [from] }) {
  return from === 'completed' || from === 'given-back';
}

/** While it is in the source's hands. */
const sourceDomainFaults = killMoments
  .filter(({ name }) => !over.includes(name))
  .flatMap((moment) =>
    (moment.name === 'first pass, pages' ? signals : ['SIGKILL', 'SIGSTOP'])
      .filter((signal) => signal !== 'SIGSTOP' || moment.grip !== 'source domain')
      .map((signal) => stratum(moment, { kind: 'kill', victim: 'source domain', signals: [signal] })),
  );

/** At these there is none yet, or perhaps none any more. */
const noCopy = ['banner', 'giving permission', 'report of failure', 'destroying the copy'];

/** While it is a copy: once it runs, its end is its own affair. */
const targetDomainFaults = killMoments
  .filter(({ target: [from] }) =>
    ['restoring', 'awaiting-permission', 'starting', 'reporting-failure'].includes(from),
  )
  .filter(({ name }) => !noCopy.includes(name))
  .flatMap((moment) =>
    (moment.name === 'first pass, pages' ? signals : ['SIGKILL', 'SIGSTOP']).map((signal) =>
      stratum(moment, { kind: 'kill', victim: 'target domain', signals: [signal] }),
    ),
  );

const other = [
  // The guest does not stop for its suspend; or does at the very moment at which it is given up.
  ...named('suspending').map((moment) => stratum(moment, { kind: 'wait' }, ['suspending', 'stop-and-copy'])),
  // Nothing at all goes wrong, but that the target cannot have the name, or the source not the other name.
  ...named('permission').map((moment) => stratum(moment, { kind: 'wait' }, ['completed'])),
  ...named('permission back of failure').map((moment) => stratum(moment, { kind: 'wait' }, ['taken-back'])),
  ...named('ready').map((moment) =>
    stratum({ ...moment, scene: 'away name taken' }, { kind: 'wait' }, ['renaming-away']),
  ),
  // Ctrl-C and a closed terminal; and once more where the first was only heard.
  ...named('first pass, pages', 'last pass, pages', 'ready', 'renaming away').flatMap((moment) =>
    ['SIGINT', 'SIGHUP'].map((signal) =>
      stratum(moment, { kind: 'kill', victim: 'source', signals: [signal] }),
    ),
  ),
  ...named('permission', 'starting', 'report', 'permission back of failure').map((moment) =>
    stratum(moment, { kind: 'kill', victim: 'source', signals: ['SIGTERM', 'SIGTERM'] }),
  ),
  // The domain that is to be resumed does not answer.
  ...named('permission back of failure').map((moment) =>
    stratum(moment, { kind: 'kill', victim: 'source domain', signals: ['SIGSTOP'], forEver: true }, [
      'taking-back',
    ]),
  ),
  // A line that is dead for good, and a peer that nobody continues.
  ...named('first pass, pages', 'report').map((moment) =>
    stratum(moment, { kind: 'stall', direction: 'both', forEver: true }),
  ),
  ...named('first pass, pages', 'ready').flatMap((moment) =>
    ['target', 'relay'].map((victim) =>
      stratum(moment, { kind: 'kill', victim, signals: ['SIGSTOP'], forEver: true }),
    ),
  ),
];

/** @type {readonly Stratum[]} */
export const faultStrata = [
  ...octetFaults,
  ...lineFaults,
  ...processFaults,
  ...sourceDomainFaults,
  ...targetDomainFaults,
  ...other,
];

/** Far apart, and over all of them: however many cases there are, they are of all kinds. */
function scattered(list) {
  const stride = coprimeNear(list.length * 0.618, list.length);
  return list.map((_, i) => list[(i * stride) % list.length]);
}

function coprimeNear(about, count) {
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.round(about);
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

/** One of each in turn, for as long as there are two; then the rest. */
function interleaved(one, other) {
  const both = Math.min(one.length, other.length);
  const pairs = Array.from({ length: both }, (_, i) => [one[i], other[i]]);
  return [...pairs.flat(), ...one.slice(both), ...other.slice(both)];
}

/** @typedef {import('./operator/strata.mjs').Operator} Operator */
/** @typedef {{ moment: Moment, fault?: Fault, operator?: Operator, expected?: readonly SourceState[] }} AnyStratum */

/**
 * In the order of the cases: every other one plays an operator.
 * @type {readonly AnyStratum[]}
 */
export const strata = interleaved(scattered(faultStrata), scattered(operatorStrata));

/**
 * @typedef {object} Case
 * @property {number} seed
 * @property {number} index
 * @property {Moment} moment
 * @property {Fault} [fault] either this, or an operator
 * @property {Operator} [operator]
 * @property {readonly SourceState[]} [expected] in which the source can end, where the tables leave more open
 * @property {number} fraction where in its section, from 0 to 1
 * @property {number} mask bits to be inverted
 * @property {string} octets to be put in, in hexadecimal
 * @property {{ source: number, target: number }} patience seconds that either end waits for the other
 * @property {number} descriptors that are left to a command which is to run out of them
 */

/**
 * @param {number} [slowness] by how much the machine takes longer than one that has nothing else to do
 * @returns {Case} the same for the same seed and index
 */
export function caseOf(seed, index, slowness = 1) {
  const { moment, fault, operator, expected } = strata[index % strata.length];
  const random = new Random(Math.imul(seed, 0x9e3779b1) + index);
  const [short, long] = [1, 2].map((seconds) => (seconds + random.next() * 0.4) * slowness);
  const sourceFirst = random.chance(0.5);
  return {
    seed,
    index,
    moment,
    ...(operator === undefined ? { fault } : { operator }),
    expected,
    // The first octet and the last more often than chance would have it.
    fraction: random.pick([0, 1, random.next(), random.next()]),
    // Of text, the highest bit makes what is no text any more.
    mask: 0x80 | random.below(128),
    octets: Buffer.from(random.octets(random.from(1, 64))).toString('hex'),
    patience: sourceFirst ? { source: short, target: long } : { source: long, target: short },
    descriptors: random.below(4),
  };
}

/** @param {AnyStratum} it */
export function describeCase({ moment, fault, operator }) {
  const scene = moment.scene === 'away name taken' ? ` (${moment.scene})` : '';
  const what = operator === undefined ? describeFault(fault) : `operator: ${describeOperator(operator)}`;
  return `${moment.name}${scene}: ${what}`;
}

export function describeFault({ kind, direction, victim, signals: sent, forEver }) {
  const words = {
    kill: `${sent?.join(', ')} to the ${victim}`,
    wait: 'nothing more',
  };
  const line = [kind, direction].filter(Boolean).join(' ');
  return `${words[kind] ?? line}${forEver === true ? ', for good' : ''}`;
}
