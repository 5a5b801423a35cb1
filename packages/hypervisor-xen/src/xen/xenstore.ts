/** Keys of mig in xenstore. Prototypes: tools/include/xenstore.h; its library's ABI is stable. */
import koffi from 'koffi';
import { HostError } from '@mig/hypervisor';
import { loadLibrary } from './load-library.js';

/** XBT_NULL: no transaction. */
const XBT_NULL = 0;
const ENOENT = 2;

export class Xenstore {
  readonly #functions = declareXenstore();
  readonly #handle: number;

  /** @throws HostError where xenstore cannot be reached */
  constructor() {
    this.#handle = this.#functions.xs_open(0) as number;
    if (this.#handle === 0) throw new HostError('unavailable', `xs_open: errno ${koffi.errno()}`);
  }

  /**
   * @returns undefined if there is no such key
   * @throws HostError where that is unknown
   */
  read(path: string): string | undefined {
    const length = new Uint32Array(1);
    const value = this.#functions.xs_read(this.#handle, XBT_NULL, path, length) as string | null;
    if (value !== null) return value;
    const errno = koffi.errno();
    if (errno === ENOENT) return undefined;
    throw new HostError('unavailable', `xs_read ${path}: errno ${errno}`);
  }

  /** @throws HostError */
  write(path: string, value: string): void {
    const octets = Buffer.from(value);
    if (this.#functions.xs_write(this.#handle, XBT_NULL, path, octets, octets.length) === true) return;
    throw new HostError('unavailable', `xs_write ${path}: errno ${koffi.errno()}`);
  }

  remove(path: string): void {
    this.#functions.xs_rm(this.#handle, XBT_NULL, path);
  }
}

/** @throws HostError where the library is missing, and koffi's error where a function is */
export function declareXenstore() {
  const store = loadLibrary('libxenstore.so.4');
  const text = koffi.disposable('char *', koffi.load(null).func('void free(void *)'));
  return {
    xs_open: store.func('uintptr_t xs_open(unsigned long flags)'),
    xs_read: store.func('xs_read', text, ['uintptr_t', 'uint32_t', 'const char *', 'void *']),
    xs_write: store.func(
      'bool xs_write(uintptr_t handle, uint32_t transaction, const char *path, const void *data, unsigned int length)',
    ),
    xs_rm: store.func('bool xs_rm(uintptr_t handle, uint32_t transaction, const char *path)'),
  };
}
