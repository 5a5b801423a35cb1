/** What `mig info` says before the stock xl's own words: nobody but mig knows what mig's knowledge of this Xen rests on. */
import { HostError } from '@mig/hypervisor';
import { writeAll } from '../output/text-output.js';

/**
 * Whether it is `info` alone, under a name that is not stock's. A program that reads `xl info`, or asks for one field,
 * finds what stock says and no more.
 */
export function isWholeInfo(argv: readonly string[], invokedAs: string): boolean {
  return invokedAs !== 'xl' && argv.length === 1 && argv[0] === 'info';
}

/** A line in the form of stock's. */
export async function sayKnownXen(): Promise<void> {
  writeAll(1, Buffer.from(`${'mig'.padEnd(22)} : ${await knowledge()}\n`));
}

async function knowledge(): Promise<string> {
  const { detectXen, groundsText, versionText } = await import('@mig/hypervisor-xen/detect');
  try {
    const version = detectXen();
    return `Xen ${versionText(version)}, ${groundsText(version)}`;
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return error.message;
  }
}
