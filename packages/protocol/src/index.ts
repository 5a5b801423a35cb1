/**
 * The stream formats of Xen's live migration: pure, synchronous, without dependencies but for @mig/errors.
 *
 *     xl header or libvirt's | libxl header, records ... LIBXC_CONTEXT | image header, domain header, records ... END | ... END
 *
 * Formats: docs/specs/libxc-migration-stream.pandoc (revision 3) and libxl-migration-stream.pandoc (revision 2) in
 * the xen-project/xen repository, tools/xl/xl.h, and what real hosts send. See docs/formats.md.
 *
 * A folder is a layer: octets and layer (what all layers share) below xl, libvirt, libxl and image, stream (the whole) above.
 */
export {
  MAX_BATCH_SIZE,
  MAX_CONFIGURATION,
  MAX_CONFIGURATION_DEPTH,
  MAX_DOMAIN_XML,
  MAX_OPTIONAL_DATA,
  MAX_RECORD_BODY,
  PAGE_OCTETS,
  PAGE_SHIFT,
  PAGE_SIZE,
} from './limits.js';
export type { ByteOrder } from './octets/octets.js';
export {
  type Layer,
  type RecordPlace,
  StreamError,
  type StreamErrorCode,
  type StreamErrorDetails,
} from './errors.js';
export type { Deviation, Strictness, ToleratedName } from './layer/deviations.js';
export type { DecoderOptions, PullDecoder } from './layer/decoder.js';

export {
  announcesDigests,
  configurationOf,
  encodeXlHeader,
  offersExtension,
  XL_HEADER_LENGTH,
  XL_MAGIC,
  XlFlag,
  usableFeatures,
  xlHeader,
  type XlHeader,
  XlOptionalFlag,
} from './xl/xl-header.js';
export {
  encodeLibvirtHeader,
  LIBVIRT_HEADER_LENGTH,
  LIBVIRT_MAGIC,
  type LibvirtHeader,
} from './libvirt/libvirt-header.js';
export { ConfigurationJsonError, parseConfigurationJson } from './xl/configuration-json.js';
export { isPlainMessage, type MessageLimits } from './octets/plain-message.js';
export {
  decodeLibxlHeader,
  encodeLibxlHeader,
  LIBXL_HEADER_LENGTH,
  LIBXL_MAGIC,
  type LibxlHeader,
} from './libxl/libxl-header.js';
export {
  decodeDomainHeader,
  decodeImageHeader,
  DOMAIN_HEADER_LENGTH,
  encodeDomainHeader,
  encodeImageHeader,
  IMAGE_HEADER_LENGTH,
  IMAGE_MARKER,
  type DomainHeader,
  type ImageHeader,
} from './image/image-header.js';

export type * from './layer/records.js';
export type { RecordKind, Verdict } from './layer/record-kind.js';
export type { GuestType, ImageKind, ImagePhase } from './image/image-kind.js';
export {
  DIGEST_COVERED,
  DIGEST_LENGTH,
  DIGEST_NUMBER,
  DIGEST_RESIDUE,
  DigestEncoder,
} from './layer/digest.js';
export { extensionKinds } from './image/extension-kinds.js';
export { MAX_RUN_PAGES, MAX_RUNS, ZeroPagesEncoder } from './image/zero-pages.js';
export { MAX_FRAME_PAGES, ZstdPagesEncoder } from './image/zstd-pages.js';
export { contentOfFrame } from './image/zstd-frame.js';
export { imageKindOf, imageKinds } from './image/image-kinds.js';
export {
  CheckpointState,
  Emulator,
  libxlExtensionKinds,
  libxlKindOf,
  libxlKinds,
} from './libxl/libxl-kinds.js';
export type { AnyLibxlRecordName, LibxlKind, LibxlPhase } from './libxl/libxl-kinds.js';
export { encodeImageRecord, encodeLibxlRecord } from './stream/encode-record.js';
export { PageDataEncoder } from './image/page-data.js';
export {
  hasPageData,
  isKnownPageType,
  PageType,
  pageTypeName,
  type PageTypeName,
  TYPES_WITH_DATA,
} from './image/page-type.js';

export { XlHeaderDecoder, type XlHeaderEvent } from './xl/xl-header-decoder.js';
export { LibvirtHeaderDecoder, type LibvirtHeaderEvent } from './libvirt/libvirt-header-decoder.js';
export { LibxlDecoder, type LibxlDecoderOptions, type LibxlEvent } from './libxl/libxl-decoder.js';
export { ImageDecoder, type ImageDecoderOptions, type ImageEvent } from './image/image-decoder.js';
export { copyPages, type PagesEvent } from './image/page-data-reader.js';
export {
  StreamDecoder,
  type PermissionEvent,
  type StreamDecoderOptions,
  type StreamEvent,
} from './stream/stream-decoder.js';
export { detectStart, START_LENGTH, type StreamStart } from './stream/detect-start.js';
export { PushDecoder, type PageOctetsEvent, type Pushed, type PushEvent } from './stream/push-decoder.js';
export { EventEncoder } from './stream/event-encoder.js';
export { SourceDecoder } from './stream/source-decoder.js';
export { TargetDecoder, type TargetEvent } from './stream/target-decoder.js';
export { decode, decodeStream, pull } from './stream/driver.js';
export { OctetBuffer } from './octets/octet-buffer.js';

export { describeRecord } from './stream/describe-record.js';
export { describePages, type PageSummary } from './image/page-summary.js';
export { hvmContextEntries, type HvmContextEntry } from './image/hvm-context.js';
export { HvmParamIndex, hvmParamNames } from './image/hvm-params.js';
