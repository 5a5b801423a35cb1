// Enumerates every fault at every point at which it can happen, and every command of an operator. A case is
// one of these with its details (which octet, which timeout is the shorter ...) drawn from the seed and the
// case's number.
import { Random } from '../fuzz/random.mjs';
import { backwardPoints, forwardPoints, heldPoints } from './injection-points.mjs';
import { describeOperator, operatorStrata } from './operator/strata.mjs';

/** @import { SourceState } from '@mig/protocol/handshake' */
/** @import { Direction, InjectionPoint } from './injection-points.mjs' */
/** @import { OperatorStratum } from './operator/strata.mjs' */

/**
 * @typedef {'source' | 'target' | 'relay' | 'source domain' | 'target domain'} Victim
 * @typedef {{ direction?: undefined, victim?: undefined, signals?: undefined, forEver?: undefined }} Bare
 * @typedef {{ kind: 'cut' | 'corrupt' | 'inject' | 'wait' } & Bare} Plain
 * @typedef {{ kind: 'truncate' | 'deafen', direction: Direction } & Omit<Bare, 'direction'>} OneWay
 * @typedef {{ kind: 'stall', direction: Direction | 'both', forEver?: boolean } & Omit<Bare, 'direction' | 'forEver'>} Stall
 *   for good where it is for ever
 * @typedef {object} Kill
 * @property {'kill'} kind
 * @property {Victim} victim
 * @property {readonly [NodeJS.Signals, ...NodeJS.Signals[]]} signals one after the other
 * @property {boolean} [forEver] nobody continues what was stopped while the other end waits
 * @property {undefined} [direction]
 */
/** @typedef {Plain | OneWay | Stall | Kill} Fault */
/**
 * @typedef {object} Stratum
 * @property {InjectionPoint} point
 * @property {Fault} fault
 * @property {undefined} [operator]
 * @property {readonly SourceState[] | undefined} [expected] states in which the source can end, where the tables leave
 *   more open
 */

/**
 * @param {InjectionPoint} point
 * @param {Fault} fault
 * @param {readonly SourceState[]} [expected]
 * @returns {Stratum}
 */
const stratum = (point, fault, expected) => ({ point, fault, ...(expected && { expected }) });
const points = [...forwardPoints, ...backwardPoints, ...heldPoints];
/** @param {string[]} names */
const named = (...names) => {
  const found = points.filter(({ name }) => names.includes(name));
  if (found.length !== names.length) throw new Error(`no such point among ${names.join(', ')}`);
  return found;
};

/**
 * Tells whether a changed octet can be detected: the stream has no checksum, and nobody can check the
 * vCPU's state.
 * @param {InjectionPoint} point
 */
const corruptible = (point) => point.name !== 'EMULATOR_CONTEXT, context';
/**
 * Tells whether to stall here: one stall in a part is as good as another, and takes its time.
 * @param {InjectionPoint} point
 */
const stallable = ({ at }) => at === undefined || !['count', 'pfns'].includes(at.section);

const octetFaults = [...forwardPoints, ...backwardPoints].flatMap((point) => {
  const { direction } = point.at;
  return [
    stratum(point, { kind: 'cut' }),
    stratum(point, { kind: 'truncate', direction }),
    stratum(point, { kind: 'inject' }),
    ...(corruptible(point) ? [stratum(point, { kind: 'corrupt' })] : []),
    ...(stallable(point) ? [stratum(point, { kind: 'stall', direction })] : []),
  ];
});

const over = ['completed', 'taken back'];
const directions = /** @type {const} */ (['forward', 'backward']);
const lineFaults = heldPoints
  .filter(({ name }) => !over.includes(name))
  .flatMap((point) => [
    stratum(point, { kind: 'cut' }),
    stratum(point, { kind: 'stall', direction: 'both' }),
    ...directions.flatMap((direction) => [
      stratum(point, { kind: 'truncate', direction }),
      stratum(point, { kind: 'deafen', direction }),
    ]),
  ]);

const killPoints = [
  ...named('banner', 'first pass, pages', 'last pass, pages', 'ready', 'permission', 'report', 'status'),
  ...named('report of failure', 'permission back of failure'),
  ...heldPoints,
];

const signals = /** @type {const} */ (['SIGKILL', 'SIGTERM', 'SIGSTOP']);
const victims = /** @type {const} */ (['source', 'target', 'relay']);
const processFaults = killPoints.flatMap((point) =>
  victims
    .filter((victim) => victim === 'source' || !targetIsOver(point))
    .flatMap((victim) =>
      signals.map((signal) => stratum(point, { kind: 'kill', victim, signals: [signal] })),
    ),
);

/** @param {InjectionPoint} point */
function targetIsOver({ target: [from] }) {
  return from === 'completed' || from === 'given-back';
}

/** @param {InjectionPoint} point */
function signalsAt(point) {
  return signals.filter((signal) => signal !== 'SIGTERM' || point.name === 'first pass, pages');
}

/** Faults of the domain while the source holds it. */
const sourceDomainFaults = killPoints
  .filter(({ name }) => !over.includes(name))
  .flatMap((point) =>
    signalsAt(point)
      .filter((signal) => signal !== 'SIGSTOP' || point.block !== 'source domain')
      .map((signal) => stratum(point, { kind: 'kill', victim: 'source domain', signals: [signal] })),
  );

/** Points without a copy, or perhaps without one. */
const noCopy = ['banner', 'giving permission', 'report of failure', 'destroying the copy'];

/** Faults of the copy before it runs: afterwards its end is its own affair. */
const targetDomainFaults = killPoints
  .filter(({ target: [from] }) =>
    ['restoring', 'awaiting-permission', 'starting', 'reporting-failure'].includes(from),
  )
  .filter(({ name }) => !noCopy.includes(name))
  .flatMap((point) =>
    signalsAt(point).map((signal) =>
      stratum(point, { kind: 'kill', victim: 'target domain', signals: [signal] }),
    ),
  );

const interrupts = /** @type {const} */ (['SIGINT', 'SIGHUP']);
const peers = /** @type {const} */ (['target', 'relay']);
const other = [
  // The guest does not stop for its suspend; or does just when that is given up.
  ...named('suspending').map((point) => stratum(point, { kind: 'wait' }, ['suspending', 'stop-and-copy'])),
  // Nothing else goes wrong, but the target cannot have the name, or the source not the other name.
  ...named('permission').map((point) => stratum(point, { kind: 'wait' }, ['completed'])),
  ...named('permission back of failure').map((point) => stratum(point, { kind: 'wait' }, ['taken-back'])),
  ...named('ready').map((point) =>
    stratum({ ...point, scene: 'away name taken' }, { kind: 'wait' }, ['renaming-away']),
  ),
  // Ctrl-C and a closed terminal; and a second signal where the first was only noted.
  ...named('first pass, pages', 'last pass, pages', 'ready', 'renaming away').flatMap((point) =>
    interrupts.map((signal) => stratum(point, { kind: 'kill', victim: 'source', signals: [signal] })),
  ),
  ...named('permission', 'starting', 'report', 'permission back of failure').map((point) =>
    stratum(point, { kind: 'kill', victim: 'source', signals: ['SIGTERM', 'SIGTERM'] }),
  ),
  // The domain that must be resumed does not answer.
  ...named('permission back of failure').map((point) =>
    stratum(point, { kind: 'kill', victim: 'source domain', signals: ['SIGSTOP'], forEver: true }, [
      'taking-back',
    ]),
  ),
  // A line that is dead for good, and a peer that nobody continues.
  ...named('first pass, pages', 'report').map((point) =>
    stratum(point, { kind: 'stall', direction: 'both', forEver: true }),
  ),
  ...named('first pass, pages', 'ready').flatMap((point) =>
    peers.map((victim) => stratum(point, { kind: 'kill', victim, signals: ['SIGSTOP'], forEver: true })),
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

/**
 * Spreads the list, so that any number of cases includes all kinds.
 * @template {unknown} T
 * @param {readonly T[]} list
 */
function scattered(list) {
  const stride = coprimeNear(list.length * 0.618, list.length);
  return list.map((_, i) => /** @type {T} */ (list[(i * stride) % list.length]));
}

/** @param {number} about @param {number} count */
function coprimeNear(about, count) {
  /** @type {(a: number, b: number) => number} */
  const divisor = (a, b) => (b === 0 ? a : divisor(b, a % b));
  let stride = Math.round(about);
  while (divisor(stride, count) !== 1) stride++;
  return stride;
}

/**
 * Takes one of each in turn, as long as there are two; then the rest.
 * @template {unknown} Other
 * @template {unknown} One
 * @param {readonly One[]} one
 * @param {readonly Other[]} other
 */
function interleaved(one, other) {
  const both = Math.min(one.length, other.length);
  const pairs = one.slice(0, both).flatMap((each, i) => [each, ...other.slice(i, i + 1)]);
  return [...pairs, ...one.slice(both), ...other.slice(both)];
}

/** @typedef {Stratum | OperatorStratum} AnyStratum */

/**
 * The strata in the order of the cases: every other one has an operator.
 * @type {readonly AnyStratum[]}
 */
export const strata = interleaved(scattered(faultStrata), scattered(operatorStrata));

/**
 * @typedef {object} Details
 * @property {number} seed
 * @property {number} index
 * @property {number} fraction where in its section, from 0 to 1
 * @property {number} mask bits to be inverted
 * @property {string} octets to be put in, in hexadecimal
 * @property {{ source: number, target: number }} timeout seconds that either end waits for the other
 * @property {number} descriptors that are left to a command which is to run out of them
 */

/** @typedef {Details & Stratum} FaultCase */
/** @typedef {Details & OperatorStratum} OperatorCase */
/** @typedef {FaultCase | OperatorCase} Case a stratum with its details */

/**
 * @param {number} seed
 * @param {number} index
 * @param {number} [slowness] factor by which the machine is slower than an idle one
 * @returns {Case} the same for the same seed and index
 */
export function caseOf(seed, index, slowness = 1) {
  const stratum = /** @type {AnyStratum} */ (strata[index % strata.length]);
  const random = new Random(Math.imul(seed, 0x9e3779b1) + index);
  const [short, long] = [(1 + random.next() * 0.4) * slowness, (2 + random.next() * 0.4) * slowness];
  const sourceFirst = random.chance(0.5);
  return {
    seed,
    index,
    ...stratum,
    // The first and the last octet more often than by chance.
    fraction: random.pick([0, 1, random.next(), random.next()]),
    // In text, the highest bit makes it invalid.
    mask: 0x80 | random.below(128),
    octets: Buffer.from(random.octets(random.from(1, 64))).toString('hex'),
    timeout: sourceFirst ? { source: short, target: long } : { source: long, target: short },
    descriptors: random.below(4),
  };
}

/** @param {AnyStratum} it */
export function describeCase({ point, fault, operator }) {
  const scene = point.scene === 'away name taken' ? ` (${point.scene})` : '';
  const what = operator === undefined ? describeFault(fault) : `operator: ${describeOperator(operator)}`;
  return `${point.name}${scene}: ${what}`;
}

/** @param {Fault} fault */
export function describeFault({ kind, direction, victim, signals: sent, forEver }) {
  const line = [kind, direction].filter(Boolean).join(' ');
  const what =
    kind === 'kill' ? `${sent?.join(', ')} to the ${victim}` : kind === 'wait' ? 'nothing more' : line;
  return `${what}${forEver === true ? ', for good' : ''}`;
}
