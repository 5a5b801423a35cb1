/**
 * The stream formats of Xen's live migration: pure, synchronous, without dependencies.
 *
 *     xl header or libvirt's | libxl header, records ... LIBXC_CONTEXT | image header, domain header, records ... END | ... END
 *
 * Formats: docs/specs/libxc-migration-stream.pandoc (revision 3) and libxl-migration-stream.pandoc (revision 2) in
 * the xen-project/xen repository, tools/xl/xl.h, and what real hosts send. See docs/formats.md.
 */
export * from './limits.js';
export type { ByteOrder } from './octets.js';
export * from './errors.js';
export * from './deviations.js';
export type { DecoderOptions, PullDecoder } from './decoder.js';

export {
  configurationOf,
  encodeXlHeader,
  XL_HEADER,
  XL_MAGIC,
  XlFlag,
  xlHeader,
  type XlHeader,
} from './xl-header.js';
export { encodeLibvirtHeader, LIBVIRT_HEADER, LIBVIRT_MAGIC, type LibvirtHeader } from './libvirt-header.js';
export { ConfigurationJsonError, parseConfigurationJson } from './configuration-json.js';
export { isPlainMessage, type MessageLimits } from './plain-message.js';
export {
  decodeLibxlHeader,
  encodeLibxlHeader,
  LIBXL_HEADER,
  LIBXL_MAGIC,
  type LibxlHeader,
} from './libxl-header.js';
export {
  decodeDomainHeader,
  decodeImageHeader,
  DOMAIN_HEADER,
  encodeDomainHeader,
  encodeImageHeader,
  IMAGE_HEADER,
  IMAGE_MARKER,
  type DomainHeader,
  type ImageHeader,
} from './image-header.js';

export type * from './records.js';
export type { RecordKind, Verdict } from './record-kind.js';
export type { GuestType, ImageKind, ImagePhase } from './image-kind.js';
export { imageKindOf, imageKinds } from './image-kinds.js';
export { CheckpointState, Emulator, libxlKindOf, libxlKinds } from './libxl-kinds.js';
export type { LibxlKind, LibxlPhase } from './libxl-kinds.js';
export { encodeImageRecord, encodeLibxlRecord } from './encode-record.js';
export { PageDataEncoder } from './page-data.js';
export {
  hasPageData,
  isKnownPageType,
  PageType,
  pageTypeName,
  type PageTypeName,
  TYPES_WITH_DATA,
} from './page-type.js';

export { XlHeaderDecoder, type XlHeaderEvent } from './xl-header-decoder.js';
export { LibvirtHeaderDecoder, type LibvirtHeaderEvent } from './libvirt-header-decoder.js';
export { LibxlDecoder, type LibxlDecoderOptions, type LibxlEvent } from './libxl-decoder.js';
export { ImageDecoder, type ImageDecoderOptions, type ImageEvent } from './image-decoder.js';
export { copyPages, type PagesEvent } from './page-data-reader.js';
export {
  StreamDecoder,
  type PermissionEvent,
  type StreamDecoderOptions,
  type StreamEvent,
} from './stream-decoder.js';
export { detectStart, START_LENGTH, type StreamStart } from './detect-start.js';
export { PushDecoder, type PageOctetsEvent, type Pushed, type PushEvent } from './push-decoder.js';
export { EventEncoder } from './event-encoder.js';
export { SourceDecoder } from './handshake/source-decoder.js';
export { TargetDecoder, type TargetEvent } from './handshake/target-decoder.js';
export { decode, decodeStream, pull } from './driver.js';
export { OctetBuffer } from './octet-buffer.js';

export { describeRecord } from './describe-record.js';
export { describePages, type PageSummary } from './page-summary.js';
export { hvmContextEntries, type HvmContextEntry } from './hvm-context.js';
export { hvmParamNames } from './hvm-params.js';
