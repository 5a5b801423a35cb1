/** Hosts as columns of memory: what each look at a host saw, and what the run has done since. */
import type { FleetDomain, PresentDomain, RunDomain } from '@mig/fleet';
import { octetsText } from '../output/figures.js';
import type { Block, BlockKind, Column } from './view.js';

/** A host of a run, as far as it is known. Memory is in MiB. */
export interface SeenHost {
  readonly name: string;
  readonly role: Column['role'];
  readonly look?: {
    readonly totalMemory: number;
    readonly freeMemory: number;
    readonly closed?: string | undefined;
    readonly domains: readonly PresentDomain[];
  };
  /** The reason why there is no look at it. */
  readonly why?: string | undefined;
}

export interface ColumnsOptions {
  readonly hosts: readonly SeenHost[];
  readonly domains: readonly RunDomain[];
  /** Names the host that a domain leaves. */
  readonly originOf: (uuid: string) => string;
  /** Share of a moving domain that is sent, if it is known. */
  readonly doneOf: (uuid: string) => number | undefined;
}

/** Domains are drawn to scale. What else there is of memory is drawn smaller if it is many times as much: else they would not be seen. */
const CUT = { from: 4, to: 0.5 } as const;

interface Part extends Omit<Block, 'share'> {
  readonly memory: number;
}

export function columnsOf(options: ColumnsOptions): Column[] {
  const all = options.hosts.map((host) => ({ host, parts: partsOf(host, options) }));
  // The same all through the run, or nearly: the scale does not jump.
  const most = Math.max(sumOf(options.domains), ...all.map(({ parts }) => sumOf(parts.filter(isDomain))), 1);
  const columns = all.map(({ host, parts }) => {
    const isTooHigh = sumOf(parts) > most * CUT.from;
    const drawn = parts.map((part) =>
      isTooHigh && !isDomain(part) ? Math.min(part.memory, most * CUT.to) : part.memory,
    );
    return { host, parts, drawn, height: drawn.reduce((sum, each) => sum + each, 0) };
  });
  const highest = Math.max(...columns.map(({ height }) => height), 1);
  return columns.map(({ host, parts, drawn, height }) => ({
    name: host.name,
    role: host.role,
    words: wordsOf(host, parts),
    note: host.why ?? (host.look?.closed === undefined ? undefined : `takes none: ${host.look.closed}`),
    height: height / highest,
    blocks: parts.map(({ memory, ...block }, i) => ({
      ...block,
      share: drawn[i]! / Math.max(height, 1),
      ...(drawn[i]! < memory && { isCut: true as const }),
    })),
  }));
}

function isDomain({ kind }: Part): boolean {
  return kind !== 'other' && kind !== 'free';
}

function partsOf({ name, role, look }: SeenHost, { domains, originOf, doneOf }: ColumnsOptions): Part[] {
  const known = new Set(domains.map(({ uuid }) => uuid));
  const seen = look?.domains ?? [];
  const residents = seen
    .filter(({ uuid, presence }) => !known.has(uuid) && presence === 'here')
    .map((domain) => partOf(domain, 'resident', 'is not in the run'));
  const own = domains.flatMap((domain): Part[] => {
    const { uuid, state, target } = domain;
    if (originOf(uuid) === name && role === 'from') {
      if (state === 'waiting') return [partOf(domain, 'waiting', 'waits')];
      if (state === 'moving') return [partOf(domain, 'leaving', `moves to ${target}`)];
      if (state === 'stayed') return [partOf(domain, 'staying', 'stays')];
      const isSeen = seen.some((each) => each.uuid === uuid && each.presence === 'here');
      if (isSeen && state !== 'moved') return [partOf(domain, 'staying', 'is looked for')];
    }
    if (target !== name || role !== 'to') return [];
    if (state === 'moved') return [partOf(domain, 'arrived', 'has moved here')];
    if (state !== 'moving') return [];
    const done = doneOf(uuid);
    return [{ ...partOf(domain, 'arriving', 'is on its way here'), ...(done !== undefined && { done }) }];
  });
  const parts = [...residents, ...own];
  if (look === undefined || !Number.isFinite(look.totalMemory)) return parts;
  const { totalMemory, freeMemory } = look;
  const other = Math.max(totalMemory - freeMemory - sumOf(seen), 0);
  const free = Math.max(totalMemory - other - sumOf(parts), 0);
  const rest = (kind: BlockKind, memory: number, words: string): Part[] => {
    const name = `${sizeText(memory)} ${words}`;
    return memory > 0 ? [{ id: kind, kind, name, words: name, memory }] : [];
  };
  return [...rest('other', other, 'of its own'), ...parts, ...rest('free', free, 'free')];
}

function partOf({ uuid, name, memory }: FleetDomain, kind: BlockKind, words: string): Part {
  return { id: uuid, kind, name, words: `${name}, ${sizeText(memory)}: ${words}`, memory };
}

function wordsOf({ look }: SeenHost, parts: readonly Part[]): string[] {
  const of = (...kinds: readonly BlockKind[]) => parts.filter(({ kind }) => kinds.includes(kind));
  const here = of('resident', 'waiting', 'leaving', 'arrived', 'staying');
  const count = here.length === 1 ? '1 domain' : `${here.length === 0 ? 'no' : here.length} domains`;
  const coming = sumOf(of('arriving'));
  const words = [`${count}${here.length === 0 ? '' : `, ${sizeText(sumOf(here))}`}`];
  if (coming > 0) words.push(`${sizeText(coming)} on its way`);
  if (look !== undefined && Number.isFinite(look.totalMemory)) {
    words.push(`${sizeText(sumOf(of('free')))} of ${sizeText(look.totalMemory)} free`);
  }
  return words;
}

function sumOf(parts: readonly { readonly memory: number }[]): number {
  return parts.reduce((sum, { memory }) => sum + memory, 0);
}

export function sizeText(mebibytes: number): string {
  return octetsText(mebibytes * 2 ** 20);
}
