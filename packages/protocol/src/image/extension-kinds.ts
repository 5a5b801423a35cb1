/**
 * The record kinds of mig's extension, one row each: a decoder knows those of the features that were offered. Their
 * numbers begin with "mig", and are mandatory ones: a reader that does not know them must not go on.
 */
import type { ExtensionFeature, ExtensionFeatures } from '../layer/extension.js';
import { digestRow } from '../layer/digest.js';
import type { ExtensionRecordName } from '../layer/records.js';
import { anyGuest, type ImageKind } from './image-kind.js';
import { zeroPages } from './zero-pages.js';
import { zstdPages } from './zstd-pages.js';

interface ExtensionRow<K> {
  readonly feature: ExtensionFeature;
  readonly kind: K;
}

const digest: ImageKind<'DIGEST'> = {
  ...digestRow,
  guests: anyGuest,
  since: 2,
  phases: { 'static-data': 'right', content: 'right' },
};

export const extensionKinds: { readonly [N in ExtensionRecordName]: ExtensionRow<ImageKind<N>> } = {
  ZERO_PAGES: { feature: 'zero-pages', kind: zeroPages },
  ZSTD_PAGES: { feature: 'zstd', kind: zstdPages },
  DIGEST: { feature: 'digest', kind: digest },
};

const byNumber = new Map(
  Object.values<ExtensionRow<ImageKind<ExtensionRecordName>>>(extensionKinds).map((row) => [
    row.kind.number,
    row,
  ]),
);

/** @returns undefined if no row has the number, or its feature was not offered */
export function extensionKindOf(
  number: number,
  offered: ExtensionFeatures | undefined,
): ImageKind<ExtensionRecordName> | undefined {
  const row = byNumber.get(number);
  return row !== undefined && offered?.has(row.feature) === true ? row.kind : undefined;
}
