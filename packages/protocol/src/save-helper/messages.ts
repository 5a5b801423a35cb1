/**
 * The ten messages between libxl and its save helper. Source: recorded from stock 4.17 in both directions,
 * and the order of `@msgs` in libxl_save_msgs_gen.pl, unchanged from 4.14 on.
 *
 * Helper to libxl, on the helper's standard output, little-endian and packed:
 *
 *     | length u16, of what follows it | type u16 | arguments |
 *
 * i32, u32: 4 octets. u64: 8. text: u32 count, then so many octets, the last of them NUL.
 *
 * libxl to helper, on its standard input: one i32 for each message that has a reply, in order, without a header.
 *
 *     helper                                        libxl
 *        -> 7 switch_qemu_logdirty(domid, 1)
 *        <- 0
 *        -> 2 progress("xc", "Frames iteration 0", 1024, 1044480)
 *        -> 3 suspend()
 *        <- 1                                       suspended; 0: it could not be
 *        -> 7 switch_qemu_logdirty(domid, 0)
 *        <- 0
 *        -> 10 complete(0, 0)
 *        <- 0
 */

export type ArgumentType = 'i32' | 'u32' | 'u64' | 'text';

export interface MessageKind {
  readonly type: number;
  /** The arguments, in order. */
  readonly arguments: Readonly<Record<string, ArgumentType>>;
  /** Time of libxl's reply. `sync`: at once; `async`: when the action is finished; `none`: never. */
  readonly reply: 'none' | 'sync' | 'async';
  readonly on: readonly ('save' | 'restore')[];
}

export const helperMessages = {
  /**
   * A line of the log. `level`: an xentoollog_level, 1 DEBUG to 9 CRITICAL. `errnoval`: 0xFFFFFFFF for none.
   */
  log: {
    type: 1,
    arguments: { level: 'u32', errnoval: 'u32', context: 'text', formatted: 'text' },
    reply: 'none',
    on: ['save', 'restore'],
  },
  /** Progress. `done`, `total`: pfns, including holes. */
  progress: {
    type: 2,
    arguments: { context: 'text', doing_what: 'text', done: 'u64', total: 'u64' },
    reply: 'none',
    on: ['save', 'restore'],
  },
  suspend: { type: 3, arguments: {}, reply: 'async', on: ['save', 'restore'] },
  postcopy: { type: 4, arguments: {}, reply: 'async', on: ['save', 'restore'] },
  checkpoint: { type: 5, arguments: {}, reply: 'async', on: ['save', 'restore'] },
  wait_checkpoint: { type: 6, arguments: {}, reply: 'async', on: ['save', 'restore'] },
  switch_qemu_logdirty: {
    type: 7,
    arguments: { domid: 'u32', enable: 'u32' },
    reply: 'async',
    on: ['save'],
  },
  /**
   * Tells that the static data are complete. `missing`: bit 0 no CPUID policy, bit 1 no MSR policy in the
   * stream.
   */
  static_data_done: { type: 8, arguments: { missing: 'u32' }, reply: 'sync', on: ['restore'] },
  restore_results: {
    type: 9,
    arguments: { store_gfn: 'u64', console_gfn: 'u64' },
    reply: 'none',
    on: ['restore'],
  },
  complete: {
    type: 10,
    arguments: { retval: 'i32', errnoval: 'i32' },
    reply: 'sync',
    on: ['save', 'restore'],
  },
} as const satisfies Record<string, MessageKind>;

export type HelperMessageName = keyof typeof helperMessages;

type ArgumentValue<T> = T extends 'text' ? string : T extends 'u64' ? bigint : number;
type Arguments<N extends HelperMessageName> = {
  readonly [A in keyof (typeof helperMessages)[N]['arguments']]: ArgumentValue<
    (typeof helperMessages)[N]['arguments'][A]
  >;
};

/**
 * A message of the helper; `name` is the discriminant, e.g. `{name: 'suspend'}`, `{name: 'complete', retval,
 * errnoval}`.
 */
export type HelperMessage = {
  [N in HelperMessageName]: { readonly name: N } & Arguments<N>;
}[HelperMessageName];
