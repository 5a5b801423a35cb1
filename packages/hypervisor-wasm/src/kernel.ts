import { HostError } from '@mig/hypervisor';
import { FileTooLongError, readSmallFile } from '@mig/posix';
import { fileURLToPath } from 'node:url';
import { LARGEST_GUEST } from './guest/inspect.js';

/** Guests that come with this package. */
export const BUILT_IN_GUESTS = ['wss', 'idle'] as const;

/**
 * Reads the module that `b_info.kernel` names.
 * @throws HostError bad-configuration where there is none
 */
export function readKernel(kernel: string): Uint8Array {
  const builtIn = (BUILT_IN_GUESTS as readonly string[]).includes(kernel);
  if (!builtIn && !kernel.endsWith('.wasm')) {
    throw new HostError(
      'bad-configuration',
      `b_info.kernel is "${kernel}": give ${BUILT_IN_GUESTS.join(', ')} or the path of a .wasm`,
    );
  }
  const path = builtIn ? fileURLToPath(new URL(`./guests/${kernel}.wasm`, import.meta.url)) : kernel;
  try {
    return readSmallFile(path, LARGEST_GUEST);
  } catch (error) {
    const why = error instanceof FileTooLongError ? error.message : `${path} cannot be read`;
    throw new HostError('bad-configuration', `b_info.kernel: ${why}`, { cause: error });
  }
}
