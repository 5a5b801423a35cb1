/** Summary of PAGE_DATA in one line, for readers. */
import { hasPageData, pageTypeName } from './page-type.js';

export interface PageSummary extends Record<string, unknown> {
  readonly count: number;
  /** Number of pages whose octets follow. */
  readonly present: number;
  readonly first?: number;
  readonly last?: number;
  /** Number of pages of each type, by Xen's name of the type. */
  readonly types: Readonly<Record<string, number>>;
}

/** Summarises the first `count` of `pfns` and `types`: a 'pages' event, or a PAGE_DATA record. */
export function describePages(pages: {
  readonly pfns: Float64Array;
  readonly types: Uint8Array;
  readonly count: number;
}): PageSummary {
  const counts = new Array<number>(16).fill(0);
  let present = 0;
  for (let i = 0; i < pages.count; i++) {
    const type = (pages.types[i] ?? 0) & 15;
    counts[type] = (counts[type] ?? 0) + 1;
    if (hasPageData(type)) present++;
  }
  const types: Record<string, number> = {};
  counts.forEach((count, type) => {
    if (count > 0) types[pageTypeName(type) ?? `reserved ${type}`] = count;
  });
  const first = pages.pfns[0];
  const last = pages.pfns[pages.count - 1];
  return {
    count: pages.count,
    present,
    ...(pages.count > 0 && first !== undefined ? { first } : {}),
    ...(last === undefined ? {} : { last }),
    types,
  };
}
