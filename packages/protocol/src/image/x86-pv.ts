/**
 * Record kinds of x86 PV images. Source: libxc specification, xg_sr_restore_x86_pv.c. Layouts show the body.
 */
import type { Fault } from '../layer/deviations.js';
import {
  content,
  refused,
  strictContent,
  type ImageKind,
  type ImageRow,
  type ImageState,
} from './image-kind.js';
import { MAX_RECORD_BODY, PAGE_SIZE } from '../limits.js';
import { readPfns, writePfns } from './pfn-list.js';
import { blob, readReserved, writeReserved } from '../layer/record-kind.js';
import type { PvVcpuRecord, PvVcpuRecordType } from '../layer/records.js';

const guests = ['x86-pv'] as const;

/**
 *      0     1     2                             7 octet
 *     +-----+-----+------------------------------+
 *     | w   | ptl | reserved                     |  guest width 4 with 3 page table levels, or 8 with 4
 *     +-----+-----+------------------------------+
 */
export const pvInfo: ImageKind<'X86_PV_INFO'> = {
  number: 2,
  name: 'X86_PV_INFO',
  about: 'width of the guest, levels of its page tables',
  section: 'X86_PV_INFO',
  channel: 'forward',
  guests,
  since: 2,
  body: { maximum: MAX_RECORD_BODY, tail: 'ignored' },
  phases: { 'static-data': 'right', content: 'wrong' },
  once: true,
  codec: {
    decode(body) {
      const guestWidth = body.u8('guest_width');
      const ptLevels = body.u8('pt_levels');
      return { type: 'X86_PV_INFO', guestWidth, ptLevels, ...readReserved(body, 6) };
    },
    encode(record, body) {
      body.u8(record.guestWidth);
      body.u8(record.ptLevels);
      writeReserved(body, record.reserved, 6);
    },
  },
  check({ guestWidth, ptLevels }) {
    if ((guestWidth === 4 && ptLevels === 3) || (guestWidth === 8 && ptLevels === 4)) return [];
    const message = `guest width ${guestWidth} with ${ptLevels} page table levels`;
    return [
      refused(
        'bad-value',
        'guest_width',
        message,
        'libxc specification, "X86_PV_INFO": 4 with 3, or 8 with 4',
      ),
    ];
  },
  describe: ({ guestWidth, ptLevels }) => ({ guestWidth, ptLevels }),
};

/**
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | start pfn (S)         | end pfn (E), included |
 *     +-----------------------+-----------------------+
 *     | pfn of each p2m page, from the one with S to the one with E
 *     +-----------------------------------------------+
 *
 * A p2m page holds 4096 / guest width entries.
 */
export const pvP2mFrames: ImageKind<'X86_PV_P2M_FRAMES'> = {
  number: 3,
  name: 'X86_PV_P2M_FRAMES',
  about: 'pages that hold the guest’s table from pfn to machine frame',
  section: 'X86_PV_P2M_FRAMES',
  channel: 'forward',
  guests,
  since: 2,
  body: { maximum: MAX_RECORD_BODY, tail: 'refused' },
  phases: strictContent,
  after: [{ record: 'X86_PV_INFO', verdict: 'refused' }],
  infersStaticDataEnd: true,
  codec: {
    decode(body) {
      const startPfn = body.u32('p2m_start_pfn');
      const endPfn = body.u32('p2m_end_pfn');
      return { type: 'X86_PV_P2M_FRAMES', startPfn, endPfn, pfns: readPfns(body) };
    },
    encode(record, body) {
      body.u32(record.startPfn);
      body.u32(record.endPfn);
      writePfns(body, record.pfns);
    },
  },
  check({ startPfn, endPfn, pfns }, { guestWidth }) {
    const asked = 'libxc specification, "X86_PV_P2M_FRAMES": a pfn for each p2m page from S to E';
    if (startPfn > endPfn) {
      return [refused('bad-value', 'p2m_end_pfn', `starts at ${startPfn}, ends at ${endPfn}`, asked)];
    }
    const perPage = PAGE_SIZE / guestWidth;
    const expected = Math.floor(endPfn / perPage) - Math.floor(startPfn / perPage) + 1;
    if (pfns.length === expected) return [];
    return [refused('bad-length', 'p2m_pfn', `${pfns.length} pfns where ${expected} are due`, asked)];
  },
  describe: ({ startPfn, endPfn, pfns }) => ({ startPfn, endPfn, count: pfns.length }),
};

/** Octets of vcpu_guest_context, by guest width. Source: tools/include/xen-foreign/reference.size. */
const contextSize = new Map([
  [4, 2800],
  [8, 5168],
]);

/**
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | vcpu id               | reserved              |
 *     +-----------------------+-----------------------+
 *     | context, to the end                           |
 *     +-----------------------------------------------+
 */
function pvVcpu<T extends PvVcpuRecordType>(
  number: number,
  name: T,
  about: string,
  wrongSize: (octets: number, state: ImageState) => string | undefined,
): ImageRow<T, PvVcpuRecord<T>> {
  return {
    number,
    name,
    about,
    section: 'X86_PV_VCPU_BASIC, EXTENDED, XSAVE, MSRS',
    channel: 'forward',
    guests,
    since: 2,
    body: { maximum: MAX_RECORD_BODY, tail: 'refused' },
    phases: content,
    after: [
      { record: 'X86_PV_INFO', verdict: 'wrong' },
      { record: 'PAGE_DATA', verdict: 'wrong' },
    ],
    codec: {
      decode(body) {
        const vcpuId = body.u32('vcpu_id');
        const odd = readReserved(body, 4);
        return { type: name, vcpuId, context: body.rest(), ...odd };
      },
      encode(record, body) {
        body.u32(record.vcpuId);
        writeReserved(body, record.reserved, 4);
        body.bytes(record.context);
      },
    },
    check({ context }, state): readonly Fault[] {
      if (context.length === 0) return [{ tolerated: 'no-content', message: 'no context' }];
      const wrong = wrongSize(context.length, state);
      if (wrong === undefined) return [];
      const message = `a context of ${context.length} bytes, not ${wrong}`;
      return [refused('bad-length', 'context', message, 'xg_sr_restore_x86_pv.c, handle_x86_pv_vcpu_blob')];
    },
    describe: ({ vcpuId, context }) => ({ vcpuId, context: blob(context) }),
  };
}

export const pvVcpuBasic = pvVcpu(4, 'X86_PV_VCPU_BASIC', 'registers of a vcpu', (octets, { guestWidth }) => {
  const size = contextSize.get(guestWidth);
  return size === undefined || octets === size ? undefined : `${size}`;
});
export const pvVcpuExtended = pvVcpu(5, 'X86_PV_VCPU_EXTENDED', 'further state of a vcpu', (octets) =>
  octets > 128 ? 'at most 128' : undefined,
);
export const pvVcpuXsave = pvVcpu(6, 'X86_PV_VCPU_XSAVE', 'XSAVE state of a vcpu', (octets) =>
  octets < 16 ? 'at least 16' : undefined,
);
export const pvVcpuMsrs = pvVcpu(12, 'X86_PV_VCPU_MSRS', 'MSRs of a vcpu', (octets) =>
  octets % 16 !== 0 ? 'a multiple of 16' : undefined,
);

/** Record kind whose body is the shared info page: 4096 octets. */
export const sharedInfo: ImageKind<'SHARED_INFO'> = {
  number: 7,
  name: 'SHARED_INFO',
  about: 'the page that a PV guest shares with Xen',
  section: 'SHARED_INFO',
  channel: 'forward',
  guests,
  since: 2,
  body: { maximum: MAX_RECORD_BODY, tail: 'refused' },
  phases: content,
  after: [{ record: 'X86_PV_INFO', verdict: 'refused' }],
  codec: {
    decode: (body) => ({ type: 'SHARED_INFO', sharedInfo: body.rest() }),
    encode: (record, body) => body.bytes(record.sharedInfo),
  },
  check({ sharedInfo: { length } }) {
    if (length === PAGE_SIZE) return [];
    const asked = 'libxc specification, "SHARED_INFO": exactly one page';
    return [refused('bad-length', 'shared_info', `${length} bytes where ${PAGE_SIZE} are due`, asked)];
  },
  describe: (record) => ({ sharedInfo: blob(record.sharedInfo) }),
};
