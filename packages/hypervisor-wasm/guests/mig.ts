/**
 * The functions that the hypervisor offers. The name of this file is the module that they are imported
 * from: see docs/guests.md.
 */

/** The wall clock in milliseconds. */
export declare function now(): f64;

/** Writes UTF-8 text to the console. */
export declare function console(text: usize, length: i32): void;
