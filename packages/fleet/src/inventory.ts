/** The hosts of a fleet and their domains, as a look at them found them. */

/** Presence of a domain on a host. */
export type Presence =
  /** The domain runs there, or is paused. */
  | 'here'
  /** An incomplete copy of it is there. */
  | 'arriving'
  /** The domain was sent away, or is being sent: it must not run there. */
  | 'away'
  /** The domain is suspended under its own name: only its operator can resume it. */
  | 'suspended';

export interface FleetDomain {
  readonly uuid: string;
  readonly name: string;
  /** Memory in MiB. */
  readonly memory: number;
  readonly vcpus: number;
  /** Key of anti-affinity: two domains that have the same are kept on different hosts. */
  readonly apart?: string | undefined;
  /** Rank for `--order priority`: the greatest moves first. */
  readonly priority: number;
}

export interface PresentDomain extends FleetDomain {
  readonly presence: Presence;
}

export interface FleetHost {
  readonly name: string;
  /** Memory in MiB. */
  readonly totalMemory: number;
  readonly freeMemory: number;
  /** The reason why no domain may arrive; undefined if domains may. */
  readonly closed?: string | undefined;
  /** The version of its hypervisor, if known. */
  readonly version?: string | undefined;
  readonly domains: readonly PresentDomain[];
}

/** One look at the source and all targets. */
export interface FleetView {
  readonly source: FleetHost;
  /** Targets by name; undefined for one that did not answer. */
  readonly targets: ReadonlyMap<string, FleetHost | undefined>;
  /** Targets of the migrations that run at the source, by the UUID of the domain. */
  readonly migrations: ReadonlyMap<string, string>;
}

/** Most that a hypervisor needs beside a domain's own memory, in MiB: page tables and the like. */
export function memoryToArrive({ memory, vcpus }: Pick<FleetDomain, 'memory' | 'vcpus'>): number {
  return memory + Math.ceil(memory / 128) + vcpus + 4;
}
