import type { Globals } from '../vcpu-context.js';

/** What a vCPU's thread is started with. */
export interface VcpuStart {
  /**
   * One word, the command: even says stop, odd says go. It only ever grows, so that a stop that follows a go at
   * once is another one than the last.
   */
  readonly command: Int32Array<SharedArrayBuffer>;
}

/** What it is told once, and then runs. */
export interface VcpuGuest {
  readonly memory: WebAssembly.Memory;
  /** The console's file. */
  readonly console: string;
  readonly module: Uint8Array;
  /** The state to go on from; undefined for a guest that starts. */
  readonly restored: Globals | undefined;
}

/** What it says. */
export type VcpuMessage =
  | { readonly kind: 'started' }
  /** Stands still between two quanta, and will until the command changes. */
  | { readonly kind: 'stopped'; readonly command: number; readonly globals: Globals }
  | { readonly kind: 'crashed'; readonly message: string };
