/** The line of `mig info` before the stock xl's own words: only mig knows what its knowledge of this Xen rests on. */
import { HostError } from '@mig/hypervisor';
import { writeAll } from '../output/text-output.js';

/** Prints the line, in the form of stock's. */
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
