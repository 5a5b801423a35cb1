import { fchmodSync } from 'node:fs';
import koffi from 'koffi';
import { call, memcmp, memcpy } from './libc.js';

const PROT_READ = 1;
const PROT_WRITE = 2;
const MAP_SHARED = 1;
const MAP_FIXED = 0x10;
const MAP_ANONYMOUS = 0x20;
const MFD_CLOEXEC = 1;

/**
 * Returns the address of a view's first octet. Valid while the view's buffer is referenced; for a
 * WebAssembly.Memory, keep the memory itself.
 */
export function addressOf(view: ArrayBufferView): number {
  return call('memmove', 'address of a view', view, view, 0);
}

/**
 * Makes a sparse, unnamed file in memory, for this user alone. It lives as long as a process has it open or
 * mapped.
 */
export function createMemoryFile(name: string, length: number): number {
  const fd = call('memfd_create', name, name, MFD_CLOEXEC);
  // The kernel creates it with mode 0777.
  fchmodSync(fd, 0o600);
  call('ftruncate', name, fd, length);
  return fd;
}

/** Maps the file in place of what is mapped at `address`; writes go to the file. */
export function mapOver(address: number, length: number, fd: number): void {
  call('mmap', `descriptor ${fd}`, address, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0);
}

/** Copies octets from one address to another; they do not overlap. */
export function copyMemory(to: number, from: number, length: number): void {
  memcpy(to, from, length);
}

/** Compares mapped octets in place. */
export function sameMemory(one: number, other: number, length: number): boolean {
  return memcmp(one, other, length) === 0;
}

/** A file mapped shared: addresses for readv and writev, outside JavaScript's heap. */
export class Mapping {
  #address: number;

  private constructor(
    address: number,
    readonly length: number,
  ) {
    this.#address = address;
  }

  static of(fd: number, length: number, access: 'read' | 'write'): Mapping {
    const protection = access === 'read' ? PROT_READ : PROT_READ | PROT_WRITE;
    return new Mapping(call('mmap', `descriptor ${fd}`, 0, length, protection, MAP_SHARED, fd, 0), length);
  }

  /**
   * Maps writable memory without a file: no other process can open it, and no limit of file sizes applies.
   */
  static ofMemory(name: string, length: number): Mapping {
    const flags = MAP_SHARED | MAP_ANONYMOUS;
    return new Mapping(call('mmap', name, 0, length, PROT_READ | PROT_WRITE, flags, -1, 0), length);
  }

  /**
   * The address of the mapping.
   * @throws Error once unmapped: a stale address would be another mapping's memory
   */
  get address(): number {
    if (this.#address === 0) throw new Error('the mapping is gone');
    return this.#address;
  }

  /** Returns the mapping as 32-bit words, for a look at a few of them. To use it once unmapped would end the process. */
  words(): Uint32Array {
    return new Uint32Array(koffi.view(this.address, this.length));
  }

  unmap(): void {
    if (this.#address === 0) return;
    call('munmap', 'mapping', this.#address, this.length);
    this.#address = 0;
  }
}
