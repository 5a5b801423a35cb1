/** Loads Xen's shared libraries by name. */
import koffi, { type LibraryHandle } from 'koffi';
import { HostError } from '@mig/hypervisor';

/** @throws HostError `unavailable`, naming the library: the loader's message does not */
export function loadLibrary(name: string): LibraryHandle {
  try {
    return koffi.load(name);
  } catch (cause) {
    throw new HostError(
      'unavailable',
      `${name} cannot be loaded: is the package of Xen's libraries installed?`,
      { cause },
    );
  }
}
