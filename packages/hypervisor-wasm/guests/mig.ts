/** What the hypervisor offers. The name of this file is the module that they are imported from: docs/guests.md. */

/** Wall clock, milliseconds. */
export declare function now(): f64;

/** Text for the console, UTF-8. */
export declare function console(text: usize, length: i32): void;
