/**
 * The record kinds of the image, one row each. Numbers: libxc specification, "Records". Names, order, the
 * verifier, `describeRecord` and the table in docs/formats.md derive from this table.
 */
import { anyGuest, content, staticData, strictContent, type ImageKind } from './image-kind.js';
import { MAX_RECORD_BODY } from '../limits.js';
import { pageDataCodec } from './page-data.js';
import { describePages } from './page-summary.js';
import { readPfns, writePfns } from './pfn-list.js';
import { blob, marker } from '../layer/record-kind.js';
import type { ImageRecordName } from '../layer/records.js';
import { cpuidPolicy, msrPolicy, tscInfo } from './x86-any.js';
import { hvmContext, hvmParams } from './x86-hvm.js';
import {
  pvInfo,
  pvP2mFrames,
  pvVcpuBasic,
  pvVcpuExtended,
  pvVcpuMsrs,
  pvVcpuXsave,
  sharedInfo,
} from './x86-pv.js';

/** Body of the records of which stock reads only the type: the content is ignored. */
const empty = { maximum: MAX_RECORD_BODY, tail: 'ignored' } as const;
const any = { maximum: MAX_RECORD_BODY, tail: 'refused' } as const;
const forward = { channel: 'forward', guests: anyGuest, since: 2 } as const;
const nothing = () => ({});

export const imageKinds: { readonly [N in ImageRecordName]: ImageKind<N> } = {
  END: {
    ...forward,
    number: 0,
    name: 'END',
    about: 'the end of the image',
    section: 'END',
    body: empty,
    phases: content,
    after: [
      { record: 'X86_PV_INFO', verdict: 'wrong', guest: 'x86-pv' },
      { record: 'X86_PV_P2M_FRAMES', verdict: 'wrong', guest: 'x86-pv' },
    ],
    codec: marker('END'),
    describe: nothing,
  },
  PAGE_DATA: {
    ...forward,
    number: 1,
    name: 'PAGE_DATA',
    about: 'pfns with their types, and pages',
    section: 'PAGE_DATA',
    body: any,
    phases: strictContent,
    // Stock's PV receiver accepts pfns only up to the end of the p2m, so none before X86_PV_P2M_FRAMES
    // announces it.
    after: [{ record: 'X86_PV_P2M_FRAMES', verdict: 'refused', guest: 'x86-pv' }],
    notAfter: {
      records: ['X86_PV_VCPU_BASIC', 'X86_PV_VCPU_EXTENDED', 'X86_PV_VCPU_XSAVE', 'X86_PV_VCPU_MSRS'],
      verdict: 'wrong',
    },
    infersStaticDataEnd: true,
    codec: pageDataCodec,
    describe: ({ pfns, types }) => describePages({ pfns, types, count: pfns.length }),
  },
  X86_PV_INFO: pvInfo,
  X86_PV_P2M_FRAMES: pvP2mFrames,
  X86_PV_VCPU_BASIC: pvVcpuBasic,
  X86_PV_VCPU_EXTENDED: pvVcpuExtended,
  X86_PV_VCPU_XSAVE: pvVcpuXsave,
  SHARED_INFO: sharedInfo,
  X86_TSC_INFO: tscInfo,
  HVM_CONTEXT: hvmContext,
  HVM_PARAMS: hvmParams,
  TOOLSTACK: {
    ...forward,
    number: 11,
    name: 'TOOLSTACK',
    about: 'deprecated: a blob of the toolstack above',
    section: 'TOOLSTACK (deprecated)',
    // No released receiver knows this record, and it is mandatory.
    guests: [],
    body: any,
    phases: { 'static-data': 'refused', content: 'refused' },
    codec: {
      decode: (body) => ({ type: 'TOOLSTACK', data: body.rest() }),
      encode: (record, body) => body.bytes(record.data),
    },
    describe: ({ data }) => ({ data: blob(data) }),
  },
  X86_PV_VCPU_MSRS: pvVcpuMsrs,
  VERIFY: {
    ...forward,
    number: 13,
    name: 'VERIFY',
    about: 'pages from here on are sent again, to be compared',
    section: 'VERIFY',
    body: empty,
    phases: content,
    codec: marker('VERIFY'),
    describe: nothing,
  },
  CHECKPOINT: {
    ...forward,
    number: 14,
    name: 'CHECKPOINT',
    about: 'all before is one consistent state; libxl’s records follow (Remus, COLO)',
    section: 'CHECKPOINT',
    body: empty,
    phases: content,
    codec: marker('CHECKPOINT'),
    describe: nothing,
  },
  CHECKPOINT_DIRTY_PFN_LIST: {
    number: 15,
    name: 'CHECKPOINT_DIRTY_PFN_LIST',
    about: 'pages that the secondary has dirtied (COLO)',
    section: 'CHECKPOINT_DIRTY_PFN_LIST',
    channel: 'back',
    guests: anyGuest,
    since: 2,
    body: any,
    phases: { 'static-data': 'refused', content: 'refused' },
    codec: {
      decode: (body) => ({ type: 'CHECKPOINT_DIRTY_PFN_LIST', pfns: readPfns(body) }),
      encode: (record, body) => writePfns(body, record.pfns),
    },
    describe: ({ pfns }) => ({ count: pfns.length }),
  },
  STATIC_DATA_END: {
    ...forward,
    number: 16,
    name: 'STATIC_DATA_END',
    about: 'the end of the static data',
    section: 'STATIC_DATA_END',
    since: 3,
    body: empty,
    phases: staticData,
    after: [{ record: 'X86_PV_INFO', verdict: 'wrong', guest: 'x86-pv' }],
    once: true,
    codec: marker('STATIC_DATA_END'),
    describe: nothing,
  },
  X86_CPUID_POLICY: cpuidPolicy,
  X86_MSR_POLICY: msrPolicy,
};

/** Names of the records whose body is read whole, unlike that of PAGE_DATA. */
export type WithBody = Exclude<ImageRecordName, 'PAGE_DATA'>;

const { PAGE_DATA, ...withBody } = imageKinds;
const withBodyByNumber = new Map(
  Object.values<ImageKind<WithBody>>(withBody).map((kind) => [kind.number, kind]),
);

export function imageKindWithBodyOf(number: number): ImageKind<WithBody> | undefined {
  return withBodyByNumber.get(number);
}

export function imageKindOf(number: number): ImageKind<ImageRecordName> | undefined {
  return number === PAGE_DATA.number ? PAGE_DATA : withBodyByNumber.get(number);
}
