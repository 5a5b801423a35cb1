/**
 * CPU masks of xl.conf, `vm.cpumask` and its kin: changes a configuration as stock `xl` does, also that of
 * an arriving domain. The syntax is that of xl.conf(5), as stock reads it.
 */
import { HostError } from '@mig/hypervisor';

/** The node of each of the host's CPUs; undefined if it is offline. */
export type CpuNodes = readonly (number | undefined)[];

/** The CPUs that domains may run on, by number. */
export interface CpuMasks {
  readonly all: readonly number[];
  /** The mask of HVM and PVH domains. */
  readonly hvm: readonly number[];
  readonly pv: readonly number[];
  /** Number of CPUs in libxl's mask of all CPUs. */
  readonly size: number;
}

/** The texts of xl.conf; undefined if not set. */
export type CpuMaskTexts = Readonly<Record<'all' | 'hvm' | 'pv', string | undefined>>;

/** libxl keeps a mask in octets, and its mask of all CPUs sets the last octet's unused bits, too. */
const OCTET = 8;

export function cpuMasks({ all, hvm, pv }: CpuMaskTexts, nodes: CpuNodes): CpuMasks {
  const size = Math.ceil(nodes.length / OCTET) * OCTET;
  const mask = (text: string | undefined) =>
    text === undefined ? range(0, size) : parseMask(text, nodes, size);
  return { all: mask(all), hvm: mask(hvm), pv: mask(pv), size };
}

const WORD = /^(\^?)(nodes?:)?\s*(\d+)(?:-\s*(\d+))?$/;

/**
 * Parses a mask such as `0-3,^2`, `node:1` or `all,^nodes:0-1`: each word adds or removes CPUs. As in
 * stock, text after an invalid word is ignored.
 */
function parseMask(text: string, nodes: CpuNodes, size: number): number[] {
  const mask = new Set<number>();
  for (const word of text.split(',').filter((each) => each !== '')) {
    if (/^(nodes?:)?all$/.test(word)) {
      for (const cpu of range(0, size)) mask.add(cpu);
      continue;
    }
    const [, not, node, first, last = first] = WORD.exec(word) ?? [];
    if (first === undefined || Number(last) < Number(first)) break;
    const isMeant = (number: number) => number >= Number(first) && number <= Number(last);
    const meant =
      node === undefined
        ? range(0, size).filter(isMeant)
        : [...nodes.keys()].filter((cpu) => isMeant(nodes[cpu] ?? NaN));
    for (const cpu of meant) {
      if (not === '^') mask.delete(cpu);
      else mask.add(cpu);
    }
  }
  return [...mask].sort((a, b) => a - b);
}

interface Configuration {
  readonly c_info?: { readonly type?: unknown };
  readonly b_info?: { readonly max_vcpus?: unknown; readonly vcpu_hard_affinity?: unknown };
}

/**
 * @param configuration as libxl JSON
 * @returns the same, with each of its vCPUs limited to the masks
 * @throws HostError `bad-configuration` where one of them could then run nowhere
 */
export function withinCpuMasks(configuration: string, { all, hvm, pv, size }: CpuMasks): string {
  const parsed = JSON.parse(configuration) as Configuration;
  const own = (parsed.c_info?.type ?? 'pv') === 'pv' ? pv : hvm;
  const mask = new Set(all.filter((cpu) => own.includes(cpu)));
  const wanted = affinitiesOf(parsed, size, all.length < size || own.length < size);
  if (wanted.length === 0) return configuration;
  const affinities = wanted.map((cpus) => cpus.filter((cpu) => mask.has(cpu)));
  const lost = affinities.findIndex(({ length }) => length === 0);
  if (lost !== -1) {
    const may = mask.size === 0 ? 'none' : [...mask].join(', ');
    throw new HostError(
      'bad-configuration',
      `its vCPU ${lost} is to run on CPUs ${wanted[lost]!.join(', ')}, and of those that this host has, domains may run on ${may} ` +
        '(vm.cpumask and its kin, xl.conf(5))',
    );
  }
  return JSON.stringify({ ...parsed, b_info: { ...parsed.b_info, vcpu_hard_affinity: affinities } });
}

/**
 * @param restricted whether the masks exclude any CPU: a vCPU without an affinity is then limited to the
 * others
 */
function affinitiesOf({ b_info: build = {} }: Configuration, size: number, restricted: boolean): number[][] {
  const { max_vcpus: vcpus, vcpu_hard_affinity: own } = build;
  if (Array.isArray(own) && own.length > 0) return own.map(cpusIn);
  if (!restricted || typeof vcpus !== 'number') return [];
  return Array.from({ length: vcpus }, () => range(0, size));
}

/** Reads CPU numbers; anything else is ignored. */
function cpusIn(cpus: unknown): number[] {
  return Array.isArray(cpus) ? cpus.filter((cpu) => typeof cpu === 'number') : [];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
