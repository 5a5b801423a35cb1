/** What the streams measure in, and the most that a decoder believes before it has seen it. */

/** Octets in a page: 2 to the power PAGE_SHIFT. */
export const PAGE_SIZE = 4096;
/** Octets of a page in PAGE_DATA: its word among the pfns, and itself. */
export const PAGE_OCTETS = PAGE_SIZE + 8;
/** The only `page_shift` that an x86 receiver takes (xg_sr_restore_x86_hvm.c and _pv.c, setup). */
export const PAGE_SHIFT = 12;
/** Pages in a batch when writing, as stock's sender has it (xg_sr_save.c). A reader takes any count that fits a body. */
export const MAX_BATCH_SIZE = 1024;
/** Octets in a record body at most: REC_LENGTH_MAX in xg_sr_stream_format.h. Stock's libxl has no cap; ours is the same. */
export const MAX_RECORD_BODY = 128 * 2 ** 20;
/** Octets of optional data behind the xl header at most. Stock has no cap; a domain's configuration is a few KiB. */
export const MAX_OPTIONAL_DATA = 2 ** 20;
/** Octets of a configuration at most: before it stands its length, and after it a NUL. */
export const MAX_CONFIGURATION = MAX_OPTIONAL_DATA - 5;
/** Octets of a domain's XML behind libvirt's header at most, its NUL among them. libvirt has no cap; the XML is a few KiB. */
export const MAX_DOMAIN_XML = 2 ** 20;
/** How deeply objects and lists of a configuration may be in one another: libxl's own are six deep. */
export const MAX_CONFIGURATION_DEPTH = 32;
/** Every record is padded with zeros to a multiple of this many octets. */
export const RECORD_ALIGNMENT = 8;

/** Octets of padding after a body of `length` octets, 0 to 7. */
export function paddingOf(length: number): number {
  return (RECORD_ALIGNMENT - (length % RECORD_ALIGNMENT)) % RECORD_ALIGNMENT;
}
