/** Units of the streams, and the limits that a decoder applies before it believes a length or a count. */

/** Octets in a page: 2 to the power PAGE_SHIFT. */
export const PAGE_SIZE = 4096;
/** Octets of a page in PAGE_DATA: its word among the pfns, and its content. */
export const PAGE_OCTETS = PAGE_SIZE + 8;
/** The only `page_shift` that an x86 receiver accepts (setup in xg_sr_restore_x86_hvm.c and _pv.c). */
export const PAGE_SHIFT = 12;
/**
 * Most pages in a batch when writing, the same as stock's sender (xg_sr_save.c). A reader accepts any count
 * that fits a body.
 */
export const MAX_BATCH_SIZE = 1024;
/**
 * Most octets of a record body: REC_LENGTH_MAX in xg_sr_stream_format.h. Stock's libxl has no limit; here it
 * is the same.
 */
export const MAX_RECORD_BODY = 128 * 2 ** 20;
/**
 * Most octets of optional data behind the xl header. Stock has no limit; a domain's configuration is a few
 * KiB.
 */
export const MAX_OPTIONAL_DATA = 2 ** 20;
/** Most octets of a configuration: its length precedes it, and a NUL follows it. */
export const MAX_CONFIGURATION = MAX_OPTIONAL_DATA - 5;
/**
 * Most octets of a domain's XML behind libvirt's header, including its NUL. libvirt has no limit; the XML is
 * a few KiB.
 */
export const MAX_DOMAIN_XML = 2 ** 20;
/** Deepest nesting of objects and lists in a configuration: libxl's own are six deep. */
export const MAX_CONFIGURATION_DEPTH = 32;
/** Alignment of records in octets: every record is padded with zeros to a multiple of it. */
export const RECORD_ALIGNMENT = 8;

/** Returns the octets of padding after a body of `length` octets, 0 to 7. */
export function paddingOf(length: number): number {
  return (RECORD_ALIGNMENT - (length % RECORD_ALIGNMENT)) % RECORD_ALIGNMENT;
}
