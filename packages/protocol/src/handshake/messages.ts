/**
 * The strings of the handshake. Source: tools/xl/xl.h and xl_migrate.c; recorded in full from stock 4.17.
 *
 * A target that takes no domain sends a line in place of the banner: see refusal.ts. One that is mig sends a hello before
 * ready, to a source that is mig: see hello.ts.
 *
 *     source                                      target
 *        <- "xl migration receiver ready, send binary domain data.\n"      54 octets, without its NUL
 *        -> xl header, libxl stream with the image
 *        <- "domain received, ready to unpause\0"                          34
 *           the source renames its domain to NAME--migratedaway
 *        -> "domain is yours, you are cleared to unpause\0"                44, permission to go
 *           the target gives the domain its name and unpauses it
 *        <- "my copy unpause results are as follows\0"                     39, report
 *        <- one status octet, 0 for success                                1
 *     and if that is not 0, once the target has destroyed its copy:
 *        <- "domain is yours, you are cleared to unpause\0"                44, permission to go back
 */
import { latin1 } from '../octets/text.js';

/** The banner, which is sent without its NUL, unlike the other messages: 54 octets. */
export const BANNER: Uint8Array = latin1('xl migration receiver ready, send binary domain data.\n');
/** The target's message that the domain has arrived: 34 octets, NUL included. */
export const READY: Uint8Array = latin1('domain received, ready to unpause\0');
/** Permission to run the domain, to the target or back: 44 octets, NUL included. */
export const PERMISSION_TO_GO: Uint8Array = latin1('domain is yours, you are cleared to unpause\0');
/** The target's report: 39 octets, NUL included; one status octet follows. */
export const REPORT: Uint8Array = latin1('my copy unpause results are as follows\0');

/** The status octet of a success. Any other is libxl's error number negated, e.g. 3 for ERROR_FAIL. */
export const STATUS_SUCCESS = 0;
