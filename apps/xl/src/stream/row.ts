/** One event of a stream for a reader: its kind, its place and its fields. */
import {
  configurationOf,
  DOMAIN_HEADER_LENGTH,
  type ExtensionRecordName,
  extensionKinds,
  describePages,
  describeRecord,
  IMAGE_HEADER_LENGTH,
  type ImageRecordName,
  imageKinds,
  type Layer,
  LIBVIRT_HEADER_LENGTH,
  LIBXL_HEADER_LENGTH,
  parseConfigurationJson,
  type LibxlRecordName,
  libxlKinds,
  type StreamEvent,
  XL_HEADER_LENGTH,
  type XlHeader,
} from '@mig/protocol';
import { PERMISSION_TO_GO } from '@mig/protocol/handshake';

export interface Row {
  readonly layer: Layer;
  /** The record's index within its layer, from 0; null for anything else. */
  readonly index: number | null;
  readonly type: string;
  readonly typeId: number | null;
  /** Octets from the start of the stream to the header. */
  readonly offset: number;
  /** Octets of the record's body without padding; for a header all its octets. */
  readonly length: number;
  readonly fields: Readonly<Record<string, unknown>>;
}

export function rowOf(event: StreamEvent): Row {
  switch (event.kind) {
    case 'xl-header': {
      const { header } = event;
      return headerRow(
        event,
        'xl header',
        XL_HEADER_LENGTH + header.optionalData.length,
        xlHeaderFields(header),
      );
    }
    case 'libvirt-header': {
      const { header } = event;
      return headerRow(event, 'libvirt header', LIBVIRT_HEADER_LENGTH + header.xml.length, shown(header));
    }
    case 'libxl-header':
      return headerRow(event, 'libxl header', LIBXL_HEADER_LENGTH, shown(event.header));
    case 'image-header':
      return headerRow(event, 'image header', IMAGE_HEADER_LENGTH, shown(event.header));
    case 'domain-header':
      return headerRow(event, 'domain header', DOMAIN_HEADER_LENGTH, shown(event.header));
    case 'permission':
      return headerRow(event, 'permission to go', PERMISSION_TO_GO.length, {});
    case 'pages': {
      const { layer, index, offset, length } = event;
      const typeId = imageKinds.PAGE_DATA.number;
      return { layer, index, type: 'PAGE_DATA', typeId, offset, length, fields: describePages(event) };
    }
    case 'record': {
      const { layer, index, offset, length, record } = event;
      const { type } = record;
      const typeId = type === 'optional' || type === 'malformed' ? record.typeId : numberOf(layer, type);
      return { layer, index, type, typeId, offset, length, fields: describeRecord(record) };
    }
  }
}

function headerRow({ layer, offset }: StreamEvent, type: string, length: number, fields: Row['fields']): Row {
  return { layer, index: null, type, typeId: null, offset, length, fields };
}

function numberOf(layer: Layer, name: string): number {
  // Those that the layers share have one number.
  if (isExtensionRecord(name)) return extensionKinds[name].kind.number;
  if (layer === 'libxl') return libxlKinds[name as LibxlRecordName].number;
  return imageKinds[name as ImageRecordName].number;
}

function isExtensionRecord(name: string): name is ExtensionRecordName {
  return Object.hasOwn(extensionKinds, name);
}

function xlHeaderFields(header: XlHeader): Record<string, unknown> {
  const { byteOrder, mandatoryFlags, optionalFlags, optionalData } = header;
  const fields = { byteOrder, mandatoryFlags, optionalFlags, optionalData: { octets: optionalData.length } };
  try {
    return { ...fields, configuration: parseConfigurationJson(configurationOf(header)) };
  } catch {
    // No configuration, or not libxl's JSON: there are no fields to show.
    return fields;
  }
}

/** Fields to show; octets that are present only if they are unusual are counted, as everywhere. */
function shown(header: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(header).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Uint8Array ? { octets: value.length } : value,
    ]),
  );
}
