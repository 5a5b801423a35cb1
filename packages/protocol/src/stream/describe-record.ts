/** Describes a record's fields for a reader, as its row says. */
import { extensionKinds } from '../image/extension-kinds.js';
import { imageKinds } from '../image/image-kinds.js';
import { libxlKinds } from '../libxl/libxl-kinds.js';
import { blob } from '../layer/record-kind.js';
import type { ImageRecord, LibxlRecord } from '../layer/records.js';

type Describe = (record: ImageRecord | LibxlRecord) => Record<string, unknown>;

/** The rows of both layers, which share END, which has no fields, and DIGEST, which has the same in both. */
const kinds: Readonly<Record<string, { describe: unknown }>> = {
  ...libxlKinds,
  ...imageKinds,
  ZERO_PAGES: extensionKinds.ZERO_PAGES.kind,
  ZSTD_PAGES: extensionKinds.ZSTD_PAGES.kind,
  DIGEST: extensionKinds.DIGEST.kind,
};

/**
 * Returns the fields of a record, safe for JSON: 64-bit numbers as decimal strings where a number would not
 * be exact, blobs as `{octets: n}`, HVM_CONTEXT with its entries, HVM_PARAMS with names, PAGE_DATA as a
 * summary. Odd octets are counted.
 */
export function describeRecord(record: ImageRecord | LibxlRecord): Record<string, unknown> {
  const { padding, tail } = record;
  const odd = {
    ...(tail === undefined ? {} : { tail: blob(tail) }),
    ...(padding === undefined ? {} : { padding: blob(padding) }),
  };
  if (record.type === 'optional' || record.type === 'malformed') {
    return { typeId: record.typeId, body: blob(record.body), ...odd };
  }
  const describe = kinds[record.type]?.describe as Describe;
  return { ...describe(record), ...odd };
}
