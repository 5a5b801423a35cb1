/**
 * The CPUs that xl.conf lets domains run on, `vm.cpumask` and its kin: what stock `xl` makes of a configuration under them, that of a
 * domain that comes to this host as well. The words are those of xl.conf(5), as stock reads them.
 */
import { HostError } from '@mig/hypervisor';

/** The node of each of the host's CPUs; undefined where it is not online. */
export type CpuNodes = readonly (number | undefined)[];

/** Those that a domain may run on, by number. */
export interface CpuMasks {
  readonly all: readonly number[];
  /** HVM and PVH. */
  readonly hvm: readonly number[];
  readonly pv: readonly number[];
  /** As many as libxl has room for where it makes a mask of all CPUs. */
  readonly size: number;
}

/** As xl.conf has them; undefined where it has none. */
export type CpuMaskTexts = Readonly<Record<'all' | 'hvm' | 'pv', string | undefined>>;

/** libxl keeps a mask in octets, and one of all CPUs has the last one's bits set that stand for none. */
const OCTET = 8;

export function cpuMasks({ all, hvm, pv }: CpuMaskTexts, nodes: CpuNodes): CpuMasks {
  const size = Math.ceil(nodes.length / OCTET) * OCTET;
  const mask = (text: string | undefined) =>
    text === undefined ? range(0, size) : parseMask(text, nodes, size);
  return { all: mask(all), hvm: mask(hvm), pv: mask(pv), size };
}

const WORD = /^(\^?)(nodes?:)?\s*(\d+)(?:-\s*(\d+))?$/;

/**
 * `0-3,^2`, `node:1`, `all,^nodes:0-1`: each word adds CPUs, or takes some away. As for stock, what comes behind a word that is
 * none does not count.
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
 * @returns the same where each of its vCPUs runs on CPUs of the masks alone
 * @throws HostError `bad-configuration` where one of them could run nowhere then
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

/** @param restricted whether some CPU is no domain's of its type: one without any wish is then held to the others */
function affinitiesOf({ b_info: build = {} }: Configuration, size: number, restricted: boolean): number[][] {
  const { max_vcpus: vcpus, vcpu_hard_affinity: own } = build;
  if (Array.isArray(own) && own.length > 0) return own.map(cpusIn);
  if (!restricted || typeof vcpus !== 'number') return [];
  return Array.from({ length: vcpus }, () => range(0, size));
}

/** What is odd in it counts as not there. */
function cpusIn(cpus: unknown): number[] {
  return Array.isArray(cpus) ? cpus.filter((cpu) => typeof cpu === 'number') : [];
}

function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}
