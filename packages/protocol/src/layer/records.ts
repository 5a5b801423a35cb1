/**
 * The records of both layers as values. `type` is Xen's name of the record.
 *
 * Blobs (`context`, `body`, ...) of a decoded record are views on the octets that were given to the decoder: copy what
 * is kept. Properties of `Odd`, `reserved` and the like are there only when odd, so that encoding a decoded record
 * gives back its octets.
 */

export interface Odd {
  /** The 1 to 7 octets of padding after the body, unless all zero. */
  readonly padding?: Uint8Array;
  /** Octets of the body behind everything that the specification puts there. */
  readonly tail?: Uint8Array;
}

interface Reserved {
  /** The reserved octets as they were, unless all zero. */
  readonly reserved?: Uint8Array;
}

/** A record with bit 31 set in its type: a receiver may ignore it. */
export interface OptionalRecord extends Odd {
  readonly type: 'optional';
  /** Type as on the stream: 0x80000000 to 0xFFFFFFFF. */
  readonly typeId: number;
  readonly body: Uint8Array;
}

/** A record whose body does not decode, or of an unknown mandatory type; made only when verifying. */
export interface MalformedRecord extends Odd {
  readonly type: 'malformed';
  readonly typeId: number;
  readonly body: Uint8Array;
}

export interface PageDataRecord extends Odd, Reserved {
  readonly type: 'PAGE_DATA';
  /** Page frame numbers, below 2^52. */
  readonly pfns: Float64Array;
  /** The PageType of each pfn. */
  readonly types: Uint8Array;
  /** The pages: 4096 octets for each pfn whose type has page data, in order. */
  readonly pages: Uint8Array;
  /** Bits 59 to 52 of each word, unless all zero. */
  readonly reservedBits?: Uint8Array;
}

/** Pages of zeros alone, in runs that ascend: mig's own record, see docs/extension.md. */
export interface ZeroPagesRecord extends Odd, Reserved {
  readonly type: 'ZERO_PAGES';
  /** The first pfn of each run. */
  readonly pfns: Float64Array;
  /** The pages of each run, 1 to 4096. */
  readonly pages: Uint16Array;
}

/** Pages whose octets are one zstd frame: mig's own record, see docs/extension.md. */
export interface ZstdPagesRecord extends Odd, Reserved {
  readonly type: 'ZSTD_PAGES';
  /** Page frame numbers, below 2^52. */
  readonly pfns: Float64Array;
  /** The PageType of each pfn, all of which have page data. */
  readonly types: Uint8Array;
  /** The frame: its content is 4096 octets for each pfn, in order. */
  readonly frame: Uint8Array;
}

/** A checksum of all octets of the stream so far: mig's own record of both layers, see docs/extension.md. */
export interface DigestRecord extends Odd, Reserved {
  readonly type: 'DIGEST';
  /** Octets of the stream that precede the record. */
  readonly octets: number;
  /** CRC-32 (IEEE 802.3) of those, and of the record up to this field. */
  readonly crc: number;
}

export type PvVcpuRecordType =
  'X86_PV_VCPU_BASIC' | 'X86_PV_VCPU_EXTENDED' | 'X86_PV_VCPU_XSAVE' | 'X86_PV_VCPU_MSRS';

export interface PvVcpuRecord<T extends PvVcpuRecordType> extends Odd, Reserved {
  readonly type: T;
  readonly vcpuId: number;
  readonly context: Uint8Array;
}

export interface HvmParam {
  readonly index: bigint;
  readonly value: bigint;
}

export interface CpuidLeaf {
  readonly leaf: number;
  /** The subleaf; 0xFFFFFFFF if the leaf has none. */
  readonly subleaf: number;
  readonly a: number;
  readonly b: number;
  readonly c: number;
  readonly d: number;
}

export interface MsrEntry {
  readonly index: number;
  /** Reserved flags, which must be zero. */
  readonly flags: number;
  readonly value: bigint;
}

export type ImageRecord =
  | ({ readonly type: 'END' } & Odd)
  | PageDataRecord
  | ({ readonly type: 'X86_PV_INFO'; readonly guestWidth: number; readonly ptLevels: number } & Odd &
      Reserved)
  | ({
      readonly type: 'X86_PV_P2M_FRAMES';
      readonly startPfn: number;
      readonly endPfn: number;
      readonly pfns: Float64Array;
    } & Odd)
  | PvVcpuRecord<'X86_PV_VCPU_BASIC'>
  | PvVcpuRecord<'X86_PV_VCPU_EXTENDED'>
  | PvVcpuRecord<'X86_PV_VCPU_XSAVE'>
  | PvVcpuRecord<'X86_PV_VCPU_MSRS'>
  | ({ readonly type: 'SHARED_INFO'; readonly sharedInfo: Uint8Array } & Odd)
  | ({
      readonly type: 'X86_TSC_INFO';
      readonly mode: number;
      readonly khz: number;
      readonly nanoseconds: bigint;
      readonly incarnation: number;
    } & Odd &
      Reserved)
  | ({ readonly type: 'HVM_CONTEXT'; readonly context: Uint8Array } & Odd)
  | ({ readonly type: 'HVM_PARAMS'; readonly params: readonly HvmParam[] } & Odd & Reserved)
  | ({ readonly type: 'TOOLSTACK'; readonly data: Uint8Array } & Odd)
  | ({ readonly type: 'VERIFY' } & Odd)
  | ({ readonly type: 'CHECKPOINT' } & Odd)
  | ({ readonly type: 'CHECKPOINT_DIRTY_PFN_LIST'; readonly pfns: Float64Array } & Odd)
  | ({ readonly type: 'STATIC_DATA_END' } & Odd)
  | ({ readonly type: 'X86_CPUID_POLICY'; readonly leaves: readonly CpuidLeaf[] } & Odd)
  | ({ readonly type: 'X86_MSR_POLICY'; readonly msrs: readonly MsrEntry[] } & Odd)
  | ZeroPagesRecord
  | ZstdPagesRecord
  | DigestRecord
  | OptionalRecord
  | MalformedRecord;

/** A key relative to the device model's folder in xenstore, and its value; one character per octet. */
export interface XenstoreEntry {
  readonly key: string;
  readonly value: string;
}

export type LibxlRecord =
  | ({ readonly type: 'END' } & Odd)
  | ({ readonly type: 'LIBXC_CONTEXT' } & Odd)
  | ({
      readonly type: 'EMULATOR_XENSTORE_DATA';
      readonly emulatorId: number;
      readonly index: number;
      readonly entries: readonly XenstoreEntry[];
    } & Odd)
  | ({
      readonly type: 'EMULATOR_CONTEXT';
      readonly emulatorId: number;
      readonly index: number;
      readonly context: Uint8Array;
    } & Odd)
  | ({ readonly type: 'CHECKPOINT_END' } & Odd)
  | ({
      readonly type: 'CHECKPOINT_STATE';
      readonly controlId: number;
      /** The four octets of padding, if the body has that field at all; stock leaves it out. */
      readonly reserved?: Uint8Array;
    } & Odd)
  | DigestRecord
  | OptionalRecord
  | MalformedRecord;

/** The records of mig's extension in the image. */
export type ExtensionRecordName = 'ZERO_PAGES' | 'ZSTD_PAGES' | 'DIGEST';
/** The records of mig's extension in the libxl stream. */
export type LibxlExtensionRecordName = 'DIGEST';
/** The records of Xen's image. */
export type ImageRecordName = Exclude<ImageRecord['type'], 'optional' | 'malformed' | ExtensionRecordName>;
/** The records of Xen's libxl stream. */
export type LibxlRecordName = Exclude<
  LibxlRecord['type'],
  'optional' | 'malformed' | LibxlExtensionRecordName
>;
export type ImageRecordOf<N extends ImageRecord['type']> = Extract<ImageRecord, { type: N }>;
export type LibxlRecordOf<N extends LibxlRecord['type']> = Extract<LibxlRecord, { type: N }>;
