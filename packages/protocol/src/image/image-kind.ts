/** What rows of the image's table have in common: the guest, the phases, and what the stream has said so far. */
import type { Fault } from '../layer/deviations.js';
import type { RecordKind } from '../layer/record-kind.js';
import type { ImageRecordName, ImageRecordOf } from '../layer/records.js';

export type GuestType = 'x86-pv' | 'x86-hvm';

/**
 * Two phases of an image: static data, invariant of the guest's execution, then memory and registers. Source: libxc
 * specification, "v3 compat with v2". STATIC_DATA_END leads from one to the other; in a version 2 stream, which lacks
 * it, the first record that `infersStaticDataEnd`.
 */
export type ImagePhase = 'static-data' | 'content';

/** What earlier records of the image have said, for checks that depend on it. */
export interface ImageState {
  readonly version: 2 | 3;
  readonly guest: GuestType;
  /** Octets in a guest word: X86_PV_INFO's, or 8, the width that a PV domain is created with. */
  guestWidth: number;
  /** Last pfn of the p2m that X86_PV_P2M_FRAMES has announced; -1 before it. */
  lastPfn: number;
}

export interface ImageRow<N extends ImageRecordName, R> extends RecordKind<N, R, ImagePhase, ImageState> {
  /** The guests in whose images stock's receiver takes it; none: it takes it from nobody. */
  readonly guests: readonly GuestType[];
  /** Version of the image that brought it. */
  readonly since: 2 | 3;
  readonly infersStaticDataEnd?: true;
}

export type ImageKind<N extends ImageRecordName> = ImageRow<N, ImageRecordOf<N>>;

export const anyGuest: readonly GuestType[] = ['x86-pv', 'x86-hvm'];

/** Static data, legal only before its end; later stock takes it and ignores it. */
export const staticData = { 'static-data': 'right', content: 'wrong' } as const;
/** Memory and registers, which the specification puts after the static data. Stock does not insist. */
export const content = { 'static-data': 'wrong', content: 'right' } as const;
/** Memory and what stock insists on having after the static data. */
export const strictContent = { 'static-data': 'refused', content: 'right' } as const;

/** A fault for which stock's receiver gives up. */
export function refused(
  code: Extract<Fault, { code: string }>['code'],
  field: string,
  message: string,
  specification: string,
): Fault {
  return { code, refused: true, field, message, specification };
}
