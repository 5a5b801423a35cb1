/** Builds streams by hand, record by record: from a source that is neither mig nor Xen. */
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  xlHeader,
} from '@mig/protocol';
import { PERMISSION_TO_GO } from '@mig/protocol/handshake';

export interface HandMade {
  /** libxl JSON, or text to send in its place. */
  readonly configuration: object | string;
  /** The state of the vCPU, if any. If only announced, its header is sent and the stream ends. */
  readonly context?: Uint8Array | { readonly announced: number };
  /** The image; the default has no page. */
  readonly image?: Uint8Array;
}

/** An image without pages. */
export const emptyImage: Uint8Array = Buffer.concat([
  encodeImageHeader({ version: 3, byteOrder: 'little-endian' }),
  encodeDomainHeader({ type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 }),
  encodeImageRecord({ type: 'STATIC_DATA_END' }),
  encodeImageRecord({ type: 'END' }),
]);

/** Builds a whole migration from the xl header to permission. */
export function handMade({ configuration, context, image = emptyImage }: HandMade): Uint8Array {
  const json = typeof configuration === 'string' ? configuration : JSON.stringify(configuration);
  return Buffer.concat([
    encodeXlHeader(xlHeader(json)),
    encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
    encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
    image,
    ...(context === undefined ? end : contextRecord(context)),
  ]);
}

function contextRecord(context: Exclude<HandMade['context'], undefined>): Uint8Array[] {
  const emulator = { type: 'EMULATOR_CONTEXT', emulatorId: 0, index: 0 } as const;
  if ('announced' in context) {
    const record = encodeLibxlRecord({ ...emulator, context: new Uint8Array(0) });
    new DataView(record.buffer, record.byteOffset).setUint32(4, record.length - 8 + context.announced, true);
    return [record];
  }
  return [encodeLibxlRecord({ ...emulator, context }), ...end];
}

const end = [encodeLibxlRecord({ type: 'END' }), PERMISSION_TO_GO];

/** Builds a configuration that the embedded hypervisor accepts, unless parts are replaced. */
export function configuration({
  create = {},
  build = {},
}: { readonly create?: object; readonly build?: object } = {}): object {
  const uuid = 'de891198-dca7-4822-ae12-119ce4bcd9bb';
  return {
    c_info: { type: 'wasm', name: 'busy', uuid, ...create },
    b_info: { max_vcpus: 1, max_memkb: 1024, target_memkb: 1024, kernel: 'idle', cmdline: '', ...build },
  };
}
