/**
 * The record kinds of the libxl stream, one row each. Source: libxl specification, "Record Overview";
 * libxl_stream_read.c. Layouts show the body.
 */
import type { Fault } from '../layer/deviations.js';
import { MAX_RECORD_BODY } from '../limits.js';
import { BodyError, type OctetReader, type OctetWriter } from '../octets/octets.js';
import { digestRow } from '../layer/digest.js';
import type { ExtensionFeature, ExtensionFeatures } from '../layer/extension.js';
import { blob, marker, type RecordKind } from '../layer/record-kind.js';
import type {
  LibxlExtensionRecordName,
  LibxlRecordName,
  LibxlRecordOf,
  XenstoreEntry,
} from '../layer/records.js';
import { fromLatin1, latin1 } from '../octets/text.js';

/** Phase of the libxl stream: before or after the image, which follows LIBXC_CONTEXT. */
export type LibxlPhase = 'before-image' | 'after-image';

/** The names of Xen's records and of mig's own. */
export type AnyLibxlRecordName = LibxlRecordName | LibxlExtensionRecordName;

export type LibxlKind<N extends AnyLibxlRecordName> = RecordKind<N, LibxlRecordOf<N>, LibxlPhase, undefined>;

/** Numbers of emulators. Source: libxl specification, "Emulator Records". */
export const Emulator = { UNKNOWN: 0, QEMU_TRADITIONAL: 1, QEMU_UPSTREAM: 2 } as const;
/** Numbers of control ids. Source: libxl specification, "CHECKPOINT_STATE". */
export const CheckpointState = { NEW: 0, SVM_SUSPENDED: 1, SVM_READY: 2, SVM_RESUMED: 3 } as const;

const empty = { maximum: MAX_RECORD_BODY, tail: 'ignored' } as const;
const any = { maximum: MAX_RECORD_BODY, tail: 'refused' } as const;
const nothing = () => ({});
const never = { 'before-image': 'refused', 'after-image': 'refused' } as const;
const afterImage = { 'before-image': 'wrong', 'after-image': 'right' } as const;

/** Octets of an emulator's record that precede the content of its kind. */
export const EMULATOR_FIXED_LENGTH = 8;

/**
 *      0     1     2     3     4     5     6     7 octet
 *     +-----------------------+-----------------------+
 *     | emulator id           | index                 |
 *     +-----------------------+-----------------------+
 *     | of the record's kind, to the end              |
 *     +-----------------------------------------------+
 */
function readEmulator(body: OctetReader): { emulatorId: number; index: number } {
  return { emulatorId: body.u32('emulator_id'), index: body.u32('index') };
}

function writeEmulator(record: { emulatorId: number; index: number }, body: OctetWriter): void {
  body.u32(record.emulatorId);
  body.u32(record.index);
}

function checkEmulator({ emulatorId }: { emulatorId: number }): Fault[] {
  if (emulatorId <= Emulator.QEMU_UPSTREAM) return [];
  return [
    {
      code: 'bad-value',
      refused: false,
      field: 'emulator_id',
      message: `emulator ${emulatorId} is not known`,
      specification: 'libxl specification, "Emulator Records": 3 and above are reserved',
    },
  ];
}

/** Reads entries: key, NUL, value, NUL, and so on to the end. */
function readEntries(body: OctetReader): XenstoreEntry[] {
  const octets = body.rest();
  const entries: XenstoreEntry[] = [];
  let start = 0;
  const next = (field: string): string => {
    const end = octets.indexOf(0, start);
    if (end < 0) throw new BodyError('bad-value', `a ${field} does not end with a NUL`, field);
    const text = fromLatin1(octets.subarray(start, end));
    start = end + 1;
    return text;
  };
  while (start < octets.length) entries.push({ key: next('key'), value: next('value') });
  return entries;
}

/** Reports bad entries once, and briefly: a body has room for half a million, or for one of 1 MiB. */
function checkEntries(entries: readonly XenstoreEntry[]): Fault[] {
  const wrong = entries.filter(({ key }) => key === '' || key.startsWith('/'));
  const [first] = wrong;
  if (first === undefined) return [];
  const others = wrong.length > 1 ? `, nor are ${wrong.length - 1} others` : '';
  return [
    {
      code: 'bad-value',
      refused: true,
      field: 'key',
      message: `key ${JSON.stringify(first.key.slice(0, 80))} is not relative${others}`,
      specification:
        'libxl specification, "EMULATOR_XENSTORE_DATA"; libxl_dom_save.c: relative keys, not empty',
    },
  ];
}

export const libxlKinds: { readonly [N in LibxlRecordName]: LibxlKind<N> } = {
  END: {
    number: 0,
    name: 'END',
    about: 'the end of the stream',
    section: 'END',
    channel: 'forward',
    body: empty,
    // Stock would end with an empty domain, and fail later, when it starts the domain.
    phases: { 'before-image': 'refused', 'after-image': 'right' },
    codec: marker('END'),
    describe: nothing,
  },
  LIBXC_CONTEXT: {
    number: 1,
    name: 'LIBXC_CONTEXT',
    about: 'the image follows at once',
    section: 'LIBXC_CONTEXT',
    channel: 'forward',
    body: empty,
    phases: { 'before-image': 'right', 'after-image': 'refused' },
    codec: marker('LIBXC_CONTEXT'),
    describe: nothing,
  },
  EMULATOR_XENSTORE_DATA: {
    number: 2,
    name: 'EMULATOR_XENSTORE_DATA',
    about: 'what an emulator keeps in xenstore',
    section: 'EMULATOR_XENSTORE_DATA',
    channel: 'forward',
    // Keys and values become objects; a device model has a handful.
    body: { maximum: 2 ** 20, tail: 'refused' },
    phases: afterImage,
    codec: {
      decode(body) {
        const emulator = readEmulator(body);
        return { type: 'EMULATOR_XENSTORE_DATA', ...emulator, entries: readEntries(body) };
      },
      encode(record, body) {
        writeEmulator(record, body);
        for (const text of record.entries.flatMap(({ key, value }) => [key, value])) {
          if (text.includes('\0')) throw new RangeError(`${JSON.stringify(text)} contains a NUL`);
          body.bytes(latin1(text));
          body.u8(0);
        }
      },
    },
    check: (record) => [...checkEmulator(record), ...checkEntries(record.entries)],
    describe: ({ emulatorId, index, entries }) => ({ emulatorId, index, entries }),
  },
  EMULATOR_CONTEXT: {
    number: 3,
    name: 'EMULATOR_CONTEXT',
    about: 'state of an emulator, in its own format',
    section: 'EMULATOR_CONTEXT',
    channel: 'forward',
    body: any,
    phases: afterImage,
    codec: {
      decode(body) {
        const emulator = readEmulator(body);
        return { type: 'EMULATOR_CONTEXT', ...emulator, context: body.rest() };
      },
      encode(record, body) {
        writeEmulator(record, body);
        body.bytes(record.context);
      },
    },
    check: checkEmulator,
    describe: ({ emulatorId, index, context }) => ({ emulatorId, index, context: blob(context) }),
  },
  CHECKPOINT_END: {
    number: 4,
    name: 'CHECKPOINT_END',
    about: 'the end of libxl’s records of a checkpoint (Remus, COLO)',
    section: 'CHECKPOINT_END',
    channel: 'forward',
    body: empty,
    phases: never,
    codec: marker('CHECKPOINT_END'),
    describe: nothing,
  },
  /**
   *     | control id u32 | padding u32 |
   *
   * Stock counts the padding out of the length: its body has 4 octets, and 4 of padding after it.
   */
  CHECKPOINT_STATE: {
    number: 5,
    name: 'CHECKPOINT_STATE',
    about: 'what the two ends of COLO tell each other',
    section: 'CHECKPOINT_STATE',
    channel: 'back',
    body: any,
    phases: never,
    codec: {
      decode(body) {
        const controlId = body.u32('control_id');
        const reserved = body.remaining >= 4 ? body.bytes(4, 'padding') : undefined;
        return { type: 'CHECKPOINT_STATE', controlId, ...(reserved === undefined ? {} : { reserved }) };
      },
      encode({ controlId, reserved }, body) {
        body.u32(controlId);
        if (reserved !== undefined) body.bytes(reserved);
      },
    },
    describe: ({ controlId }) => ({ controlId }),
  },
};

interface LibxlExtensionRow<N extends LibxlExtensionRecordName> {
  readonly feature: ExtensionFeature;
  readonly kind: LibxlKind<N>;
}

/** The record kinds of mig's extension in the libxl stream: see extensionKinds. */
export const libxlExtensionKinds: { readonly [N in LibxlExtensionRecordName]: LibxlExtensionRow<N> } = {
  DIGEST: {
    feature: 'digest',
    kind: { ...digestRow, phases: { 'before-image': 'refused', 'after-image': 'right' } },
  },
};

const byNumber = new Map(
  Object.values<LibxlKind<LibxlRecordName>>(libxlKinds).map((kind) => [kind.number, kind]),
);

export function libxlKindOf(number: number): LibxlKind<LibxlRecordName> | undefined {
  return byNumber.get(number);
}

/** @returns undefined if no row has the number, or its feature was not offered */
export function libxlExtensionKindOf(
  number: number,
  offered: ExtensionFeatures | undefined,
): LibxlKind<LibxlExtensionRecordName> | undefined {
  const row = Object.values(libxlExtensionKinds).find(({ kind }) => kind.number === number);
  return row !== undefined && offered?.has(row.feature) === true ? row.kind : undefined;
}
