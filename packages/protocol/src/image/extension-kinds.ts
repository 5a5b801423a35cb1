/**
 * The record kinds of mig's extension, one row each: a decoder knows those of the features that were offered. Their
 * numbers begin with "mig", and are mandatory ones: a reader that does not know them must not go on.
 */
import type { ExtensionFeature, ExtensionFeatures } from '../layer/extension.js';
import type { ExtensionRecordName } from '../layer/records.js';
import type { ImageKind } from './image-kind.js';
import { zeroPages } from './zero-pages.js';
import { zstdPages } from './zstd-pages.js';

interface ExtensionRow<N extends ExtensionRecordName> {
  readonly feature: ExtensionFeature;
  readonly kind: ImageKind<N>;
}

export const extensionKinds: { readonly [N in ExtensionRecordName]: ExtensionRow<N> } = {
  ZERO_PAGES: { feature: 'zero-pages', kind: zeroPages },
  ZSTD_PAGES: { feature: 'zstd', kind: zstdPages },
};

/** Any of the rows. */
interface AnyRow {
  readonly feature: ExtensionFeature;
  readonly kind: ImageKind<ExtensionRecordName>;
}

const byNumber = new Map(Object.values<AnyRow>(extensionKinds).map((row) => [row.kind.number, row]));

/** @returns undefined if no row has the number, or its feature was not offered */
export function extensionKindOf(
  number: number,
  offered: ExtensionFeatures | undefined,
): ImageKind<ExtensionRecordName> | undefined {
  const row = byNumber.get(number);
  return row !== undefined && offered?.has(row.feature) === true ? row.kind : undefined;
}
