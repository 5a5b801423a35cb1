/** The features of mig's extension that domains here can use, and that arriving ones can be given. */
import { whyNoZstd } from '@mig/posix';
import type { ExtensionFeature, ExtensionFeatures } from '@mig/protocol/handshake';

/** Returns them: `zstd` where the system has its library, which is loaded when this is asked. */
export function features(): ExtensionFeatures {
  const always: ExtensionFeature[] = ['zero-pages', 'digest'];
  return new Set(whyNoZstd() === undefined ? [...always, 'zstd'] : always);
}
