/** The line of `mig info` above stock's output: only mig knows what its knowledge of this Xen rests on. */
import { HostError } from '@mig/hypervisor';
import { writeAll } from '../output/text-output.js';

/** Prints the line, in stock's form. */
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
