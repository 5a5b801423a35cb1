import type { Globals } from '../vcpu-context.js';

/** The data that a vCPU's thread is started with. */
export interface VcpuStart {
  /**
   * One word, the command: even for stop, odd for go. It only grows, so that a stop soon after a go differs
   * from the stop before.
   */
  readonly command: Int32Array<SharedArrayBuffer>;
}

/** The guest, which the thread is told once, and then runs. */
export interface VcpuGuest {
  readonly memory: WebAssembly.Memory;
  /** Path of the console's file. */
  readonly console: string;
  readonly module: Uint8Array;
  /** The state to resume from; undefined for a guest that starts. */
  readonly restored: Globals | undefined;
}

/** Messages of the vCPU's thread. */
export type VcpuMessage =
  | { readonly kind: 'started' }
  /** The guest stands still between two quanta until the command changes. */
  | { readonly kind: 'stopped'; readonly command: number; readonly globals: Globals }
  | { readonly kind: 'crashed'; readonly message: string };
