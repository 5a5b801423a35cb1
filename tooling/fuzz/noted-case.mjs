// Checks of any text in xenstore taken for mig's record of a domain.
import { must, neverThrows } from './violation.mjs';

/** @import { Lib } from './lib.mjs' */
/** @import { Random } from './random.mjs' */

const UUID = '01234567-89ab-cdef-0123-456789abcdef';

/** States of the domain according to Xen. */
const observed = [
  { name: 'g', uuid: UUID, paused: false, suspended: false, crashed: false, cpuNanoseconds: 5 },
  {
    name: 'g--migratedaway',
    uuid: UUID,
    paused: false,
    suspended: true,
    crashed: false,
    cpuNanoseconds: 7e6,
  },
  { name: 'g--incoming', uuid: UUID, paused: true, suspended: false, crashed: false, cpuNanoseconds: 0 },
];

/**
 * Checks that, whatever the record, the domain can be looked at, and has a standing that the tables know.
 * @param {Uint8Array} octets
 * @param {Lib} lib
 */
export function checkNoted(octets, { xen, handshake }) {
  const text = Buffer.from(octets).toString('utf8');
  const record = xen.decodeRecord(text);
  for (const domain of observed) {
    const found = neverThrows(() => xen.remembered(5, domain, text, []));
    const { standing, epoch } = found.standing;
    must(handshake.standings.includes(standing), 'standing', () => String(standing));
    must(Number.isSafeInteger(epoch) && epoch >= 0, 'epoch', () => String(epoch));
  }
  if (record === 'unreadable') return 'unreadable';
  // Compared as text: JSON writes minus zero as zero.
  const written = xen.encodeRecord(record);
  const again = xen.decodeRecord(written);
  must(again !== 'unreadable' && xen.encodeRecord(again) === written, 're-encoding', () => text);
  return 'accepted';
}

/** @param {Random} random @param {Lib} lib */
export function generateNoted(random, { xen, handshake }) {
  const process = { pid: random.below(2 ** 22), startTime: random.below(2 ** 32), bootId: UUID, pidNamespace: 'pid:[4026531836]' }; // prettier-ignore
  const hold = {
    id: UUID,
    purpose: random.pick(/** @type {const} */ (['migration', 'save', 'arrival'])),
    to: 'host2',
    process,
  };
  const record = {
    standing: random.pick(handshake.standings),
    epoch: random.below(100),
    uuid: UUID,
    ownName: 'g',
    ...(random.chance(0.7) && { hold }),
    ...(random.chance(0.5) && { sentTo: 'host2', pause: true, cpuNanoseconds: 7e6 }),
    ...(random.chance(0.2) && { ending: process }),
  };
  return new Uint8Array(Buffer.from(xen.encodeRecord(record)));
}
