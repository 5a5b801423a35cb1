/** The messages around the stream, and who may run the domain. See messages.ts for the conversation on the wire. */
export * from './messages.js';
export * from './names.js';
export { classifyBanner, type BannerVerdict } from './banner.js';
export * from './refusal.js';
export * from './hello.js';
export {
  allExtensionFeatures,
  type ExtensionFeature,
  type ExtensionFeatures,
  extensionFeatures,
  type FeatureRow,
} from '../layer/extension.js';
export { runsAsBefore, type SourceOutcome, type TargetOutcome } from './outcomes.js';
export * from './source-table.js';
export * from './target-table.js';
export * from './standing.js';
export * from './command-table.js';
export * from './ownership.js';
