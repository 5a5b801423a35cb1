/**
 * Types of pages in PAGE_DATA: bits 63 to 60 of each word. Source: libxc specification, "PAGE_DATA", and
 * XEN_DOMCTL_PFINFO_* in public/domctl.h.
 */
export const PageType = {
  /** An ordinary page. The page tables that follow are of PV domains alone. */
  NOTAB: 0,
  L1TAB: 1,
  L2TAB: 2,
  L3TAB: 3,
  L4TAB: 4,
  L1TAB_PIN: 9,
  L2TAB_PIN: 10,
  L3TAB_PIN: 11,
  L4TAB_PIN: 12,
  /** A page whose memory has failed: no octets. */
  BROKEN: 13,
  /** A page whose octets do not matter: none are sent. */
  XALLOC: 14,
  /** A hole: no page is there, and no octets. */
  XTAB: 15,
} as const;

export type PageTypeName = keyof typeof PageType;

const names = new Map<number, PageTypeName>(
  Object.entries(PageType).map(([name, type]) => [type, name as PageTypeName]),
);

/** Returns Xen's name of a page type; undefined for the reserved ones, 5 to 8. */
export function pageTypeName(type: number): PageTypeName | undefined {
  return names.get(type);
}

/**
 * Table of the 256 values of an octet: 1 for each known type. Counting with it and its sibling for types with
 * data takes no branches: a loop over a domain's pages is compiled once, and not again where its holes begin.
 */
export const KNOWN_TYPES = Uint8Array.from({ length: 256 }, (_, type) => Number(names.has(type)));
export const TYPES_WITH_DATA = KNOWN_TYPES.map((known, type) =>
  Number(known === 1 && type < PageType.BROKEN),
);

export function isKnownPageType(type: number): boolean {
  return KNOWN_TYPES[type] === 1;
}

/** Tells whether a page of this type has its 4096 octets in the record. */
export function hasPageData(type: number): boolean {
  return TYPES_WITH_DATA[type] === 1;
}
