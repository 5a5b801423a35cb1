/** The features of mig's extension, one row each: what a target that says hello may offer. See docs/extension.md. */

export interface FeatureRow {
  /** The feature's bit in the hello. A bit keeps its meaning for good. */
  readonly bit: number;
  /** Right of the source once the feature is offered, in one line. */
  readonly about: string;
}

export const extensionFeatures = {
  'zero-pages': { bit: 0, about: 'pages of zeros alone are sent by their pfns (ZERO_PAGES)' },
  zstd: { bit: 1, about: 'runs of pages are sent compressed (ZSTD_PAGES)' },
  digest: { bit: 2, about: 'checksums of the whole stream are sent, and checked (DIGEST)' },
} as const satisfies Readonly<Record<string, FeatureRow>>;

export type ExtensionFeature = keyof typeof extensionFeatures;

export type ExtensionFeatures = ReadonlySet<ExtensionFeature>;

export const allExtensionFeatures: ExtensionFeatures = new Set(
  Object.keys(extensionFeatures) as ExtensionFeature[],
);

/** Returns the bits of features. */
export function featureBits(features: Iterable<ExtensionFeature>): number {
  let bits = 0;
  for (const feature of features) bits |= 1 << extensionFeatures[feature].bit;
  return bits >>> 0;
}

/** Returns the features of these bits; bits that no row has are ignored. */
export function featuresOfBits(bits: number): ExtensionFeatures {
  return new Set([...allExtensionFeatures].filter((feature) => (bits & featureBits([feature])) !== 0));
}
