/**
 * Types that the rows of the image's table share: the guest, the phases, and what the stream has told so far.
 */
import type { Fault } from '../layer/deviations.js';
import type { RecordKind } from '../layer/record-kind.js';
import type { ExtensionRecordName, ImageRecordName, ImageRecordOf } from '../layer/records.js';

export type GuestType = 'x86-pv' | 'x86-hvm';

/** The names of Xen's records and of mig's own. */
export type AnyRecordName = ImageRecordName | ExtensionRecordName;

/**
 * Phase of an image: static data, which do not change while the guest runs, then memory and registers.
 * Source: libxc specification, "v3 compat with v2". STATIC_DATA_END leads from one to the other; in a version
 * 2 stream, which lacks it, the first record that `infersStaticDataEnd` does.
 */
export type ImagePhase = 'static-data' | 'content';

/** Facts from earlier records of the image, for checks that depend on them. */
export interface ImageState {
  readonly version: 2 | 3;
  readonly guest: GuestType;
  /** Octets in a guest word: as X86_PV_INFO tells, else 8, the width with which a PV domain is created. */
  guestWidth: number;
  /** The last pfn of the p2m that X86_PV_P2M_FRAMES announced; -1 before that record. */
  lastPfn: number;
}

export interface ImageRow<N extends AnyRecordName, R> extends RecordKind<N, R, ImagePhase, ImageState> {
  /** The guests in whose images stock's receiver accepts the record; empty: it never accepts it. */
  readonly guests: readonly GuestType[];
  /** The image version that introduced the record. */
  readonly since: 2 | 3;
  readonly infersStaticDataEnd?: true;
}

export type ImageKind<N extends AnyRecordName> = ImageRow<N, ImageRecordOf<N>>;

export const anyGuest: readonly GuestType[] = ['x86-pv', 'x86-hvm'];

/** Phases of static data, legal only before its end; later stock accepts and ignores it. */
export const staticData = { 'static-data': 'right', content: 'wrong' } as const;
/**
 * Phases of memory and registers, which the specification puts after the static data. Stock does not insist.
 */
export const content = { 'static-data': 'wrong', content: 'right' } as const;
/** Phases of memory and other records that stock insists on having after the static data. */
export const strictContent = { 'static-data': 'refused', content: 'right' } as const;

/** The fields that rows of mig's own records of pages share: these come where PAGE_DATA may, and no verifying pass has them. */
export const extensionPages = {
  channel: 'forward',
  // A PV domain's pages have types, which Xen checks.
  guests: ['x86-hvm'],
  since: 2,
  phases: strictContent,
  notAfter: { records: ['VERIFY'], verdict: 'refused' },
  infersStaticDataEnd: true,
} as const;

/** Makes a fault for which stock's receiver gives up. */
export function refused(
  code: Extract<Fault, { code: string }>['code'],
  field: string,
  message: string,
  specification: string,
): Fault {
  return { code, refused: true, field, message, specification };
}
