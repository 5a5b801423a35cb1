// The points of a migration at which a fault can happen, in order: the place in the conversation, and the
// states of both ends in the tables. A range of states is given if the source can be ahead: what it has
// written waits in pipes.

/** @typedef {import('@mig/protocol/handshake').SourceState} SourceState */
/** @typedef {import('@mig/protocol/handshake').TargetState} TargetState */

/**
 * An octet of the conversation, see parts.mjs. The first part of at least this rank is meant: a pass
 * without dirty pages has none of its own.
 * @typedef {{ direction: Direction, part: string, rank: number, section: string }} Place
 */

/** @typedef {{ place: Place, fraction: number }} Stop where in it, from 0 to 1 */

/** @typedef {'forward' | 'backward'} Direction from the source to the target, or back */

/**
 * @typedef {object} InjectionPoint
 * @property {string} name
 * @property {Place} [at] where the conversation is held; without it, before the target has said anything
 * @property {readonly [SourceState, SourceState]} source
 * @property {readonly [TargetState, TargetState]} target
 * @property {'source lock' | 'target lock' | 'source domain' | 'target'} [block] what is held while the
 *   conversation is held, so that an end that goes on comes to stand in the state that is meant: a host's lock; a
 *   domain's process, stopped; the target's toolstack, when it next asks whether a process is alive
 * @property {{ source: SourceState } | { says: string } | { ended: 'target' }} [until] how that state shows
 * @property {'name taken' | 'away name taken'} [scene]
 * @property {number} [suspendTimeout] seconds
 */

/** @typedef {InjectionPoint & { at: Place }} OctetPoint */

/**
 * @param {Direction} direction
 * @param {number} rank
 * @param {[part: string, section?: string]} name
 * @param {SourceState | readonly [SourceState, SourceState]} source
 * @param {TargetState | readonly [TargetState, TargetState]} target
 * @param {InjectionPoint['scene']} [scene]
 * @returns {OctetPoint}
 */
function place(direction, rank, [part, section = 'whole'], source, target, scene) {
  const failing = scene === undefined ? '' : ' of failure';
  return {
    name: `${part}${failing}${section === 'whole' ? '' : `, ${section}`}`,
    at: { direction, part, rank, section },
    source: typeof source === 'string' ? [source, source] : source,
    target: typeof target === 'string' ? [target, target] : target,
    ...(scene === undefined ? {} : { scene }),
  };
}

const pageSections = ['header', 'count', 'pfns', 'pages'];

/** Ranks of the parts, first to last; parts.mjs counts the same way. */
export const Rank = {
  xlHeader: 0,
  libxlHeader: 1,
  context: 2,
  imageHeader: 3,
  domainHeader: 4,
  staticData: 5,
  /** The rank of the first PAGE_DATA; the others follow. */
  pages: 10,
  verify: 50,
  verifiedPages: 60,
  end: 100,
  emulator: 101,
  libxlEnd: 102,
  permission: 103,
  banner: 0,
  hello: 1,
  ready: 2,
  report: 3,
  status: 4,
  permissionBack: 5,
};

/** The guest's memory in MiB, which decides the number of records of the first pass. */
export const MEMORY = 8;
const FIRST_PASS = 2;

/**
 * The stream may have left the source completely, except for the pages of the first pass, which are more
 * than pipes hold.
 * @param {SourceState} from
 * @returns {[SourceState, SourceState]}
 */
const toReady = (from) => [from, 'awaiting-ready'];

export const forwardPoints = [
  place('forward', Rank.xlHeader, ['xl header', 'fixed part'], 'precopy', 'restoring'),
  place('forward', Rank.xlHeader, ['xl header', 'configuration'], 'precopy', 'restoring'),
  place('forward', Rank.libxlHeader, ['libxl header'], 'precopy', 'restoring'),
  place('forward', Rank.context, ['LIBXC_CONTEXT'], 'precopy', 'restoring'),
  place('forward', Rank.imageHeader, ['image header'], 'precopy', 'restoring'),
  place('forward', Rank.domainHeader, ['domain header'], 'precopy', 'restoring'),
  place('forward', Rank.staticData, ['STATIC_DATA_END'], 'precopy', 'restoring'),
  ...pageSections.map((section) =>
    place('forward', Rank.pages, ['first pass', section], 'precopy', 'restoring'),
  ),
  ...pageSections.map((section) =>
    place('forward', Rank.pages + FIRST_PASS, ['later pass', section], toReady('precopy'), 'restoring'),
  ),
  ...pageSections.map((section) =>
    place(
      'forward',
      Rank.pages + FIRST_PASS + 1,
      ['last pass', section],
      toReady('stop-and-copy'),
      'restoring',
    ),
  ),
  place('forward', Rank.end, ['END'], toReady('stop-and-copy'), 'restoring'),
  place('forward', Rank.emulator, ['EMULATOR_CONTEXT', 'header'], toReady('stop-and-copy'), 'restoring'),
  place('forward', Rank.emulator, ['EMULATOR_CONTEXT', 'context'], toReady('stop-and-copy'), 'restoring'),
  place('forward', Rank.libxlEnd, ['libxl END'], toReady('stop-and-copy'), 'restoring'),
  place('forward', Rank.permission, ['permission'], 'awaiting-report', 'awaiting-permission'),
];

/** @type {[TargetState, TargetState]} */
const reported = ['reporting-success', 'completed'];
/** @type {[TargetState, TargetState]} */
const failed = ['reporting-failure', 'given-back'];

export const backwardPoints = [
  place('backward', Rank.banner, ['banner'], 'awaiting-banner', 'restoring'),
  place('backward', Rank.hello, ['hello'], toReady('precopy'), 'restoring'),
  place('backward', Rank.ready, ['ready'], 'awaiting-ready', 'awaiting-permission'),
  place('backward', Rank.report, ['report'], 'awaiting-report', reported),
  place('backward', Rank.status, ['status'], 'awaiting-report', reported),
  place('backward', Rank.report, ['report'], 'awaiting-report', failed, 'name taken'),
  place('backward', Rank.status, ['status'], 'awaiting-report', failed, 'name taken'),
  place(
    'backward',
    Rank.permissionBack,
    ['permission back'],
    'awaiting-permission-back',
    ['giving-back', 'given-back'],
    'name taken',
  ),
];

/**
 * @param {Direction} direction
 * @param {string} part
 * @param {number} rank
 * @returns {Place}
 */
const at = (direction, part, rank) => ({ direction, part, rank, section: 'whole' });
export const ready = at('backward', 'ready', Rank.ready);
export const permission = at('forward', 'permission', Rank.permission);
const report = at('backward', 'report', Rank.report);
const status = at('backward', 'status', Rank.status);
const permissionBack = at('backward', 'permission back', Rank.permissionBack);
/** @type {Place} */
const firstPages = { direction: 'forward', part: 'first pass', rank: Rank.pages, section: 'pages' };

/**
 * The point where the target has begun to restore, and the source is in precopy for as long as it is held.
 */
export const restoring = { ...firstPages, section: 'header' };

/** @type {readonly InjectionPoint[]} */
export const heldPoints = [
  {
    name: 'before the banner',
    source: ['awaiting-banner', 'awaiting-banner'],
    target: ['greeting', 'greeting'],
  },
  {
    name: 'suspending',
    // During the first pass: later the source may have asked the guest already.
    at: firstPages,
    block: 'source domain',
    until: { source: 'suspending' },
    source: ['suspending', 'suspending'],
    target: ['restoring', 'restoring'],
  },
  {
    name: 'renaming away',
    at: ready,
    block: 'source lock',
    until: { source: 'renaming-away' },
    source: ['renaming-away', 'renaming-away'],
    target: ['awaiting-permission', 'awaiting-permission'],
  },
  {
    name: 'giving permission',
    at: ready,
    until: { source: 'giving-permission' },
    source: ['giving-permission', 'destroying'],
    target: ['awaiting-permission', 'completed'],
  },
  {
    name: 'starting',
    at: permission,
    block: 'target lock',
    until: { says: 'Got permission' },
    source: ['awaiting-report', 'awaiting-report'],
    target: ['starting', 'starting'],
  },
  {
    name: 'target completed',
    at: report,
    until: { ended: 'target' },
    source: ['awaiting-report', 'awaiting-report'],
    target: ['completed', 'completed'],
  },
  {
    name: 'destroying',
    at: status,
    block: 'source domain',
    until: { source: 'destroying' },
    source: ['destroying', 'destroying'],
    target: ['completed', 'completed'],
  },
  {
    name: 'completed',
    at: status,
    until: { source: 'completed' },
    source: ['completed', 'completed'],
    target: ['completed', 'completed'],
  },
  {
    name: 'destroying the copy',
    at: permission,
    block: 'target',
    until: { says: 'Failure, destroying our copy' },
    scene: 'name taken',
    source: ['awaiting-report', 'awaiting-permission-back'],
    target: ['reporting-failure', 'destroying-copy'],
  },
  {
    name: 'target has given back',
    at: permissionBack,
    until: { ended: 'target' },
    scene: 'name taken',
    source: ['awaiting-permission-back', 'awaiting-permission-back'],
    target: ['given-back', 'given-back'],
  },
  {
    name: 'taking back',
    at: permissionBack,
    block: 'source lock',
    until: { source: 'taking-back' },
    scene: 'name taken',
    source: ['taking-back', 'taking-back'],
    target: ['given-back', 'given-back'],
  },
  {
    name: 'taken back',
    at: permissionBack,
    until: { source: 'taken-back' },
    scene: 'name taken',
    source: ['taken-back', 'taken-back'],
    target: ['given-back', 'given-back'],
  },
];
