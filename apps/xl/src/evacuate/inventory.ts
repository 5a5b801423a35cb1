/** Looks at the hosts: this one through its hypervisor, the others through their `xl`. */
import type { FleetDomain, FleetHost, Presence, PresentDomain } from '@mig/fleet';
import type { DomainInfo, Host } from '@mig/hypervisor';
import { MigrationFolder } from '@mig/operator';
import { nameOfAway, nameOfIncoming } from '@mig/protocol/handshake';
import { runAt } from './remote.js';

const MARK = 'mig-domains';
const LOOK = `xl info && echo ${MARK} && xl list -l`;
/** Time for a host to answer, in milliseconds. */
const TIMEOUT = 20_000;

/** Words of a guest's command line that concern mig: its kernel passes over names with a dot. */
const APART = /(?:^|\s)mig\.apart=(\S+)/;
const PRIORITY = /(?:^|\s)mig\.priority=(-?[0-9]+)/;

/** Domain 0 of a Xen host, which stays. */
const DOMAIN_0 = '00000000-0000-0000-0000-000000000000';

export interface LookHere {
  readonly source: FleetHost;
  /** Domids by UUID, those of copies that arrive left out. */
  readonly domids: ReadonlyMap<string, number>;
  /** Targets of the migrations that run here, by the UUID of the domain. */
  readonly migrations: ReadonlyMap<string, string>;
}

/** Looks at this host. */
export function lookHere(host: Host, name: string): LookHere {
  // Migrations first: one that ends meanwhile has then left its mark on the domain.
  const records = new MigrationFolder(host.info().stateFolder).migrations();
  const listed = host.list().filter(({ uuid }) => uuid !== DOMAIN_0);
  const domains = listed.map((domain) => {
    const { uuid, memory, vcpus } = domain;
    const facts = { uuid, name: ownName(domain.name), memory, vcpus, presence: presenceHere(domain) };
    return { ...facts, ...wishes(configurationOf(host, domain.domid)) };
  });
  const domids = new Map<string, number>();
  for (const { uuid, domid, standing } of listed) {
    if (standing !== 'incoming' && !domids.has(uuid)) domids.set(uuid, domid);
  }
  const migrations = new Map(
    records.flatMap(({ domid, target }) => {
      const domain = listed.find((each) => each.domid === domid);
      return domain === undefined ? [] : [[domain.uuid, target] as const];
    }),
  );
  return { source: { name, totalMemory: Infinity, freeMemory: 0, domains }, domids, migrations };
}

function presenceHere({ standing, state }: DomainInfo): Presence {
  if (standing === 'incoming') return 'arriving';
  if (standing === 'sent' || standing === 'away') return 'away';
  return standing === 'abandoned' && state.suspended ? 'suspended' : 'here';
}

/** Returns the configuration; empty if the domain has gone since. */
function configurationOf(host: Host, domid: number): unknown {
  try {
    return JSON.parse(host.configuration(domid)) as unknown;
  } catch {
    return {};
  }
}

/** A host that did not answer, or not as an `xl` does. */
export interface Silence {
  readonly why: string;
}

/** Looks at another host. */
export async function lookAt(sshCommand: string, host: string): Promise<FleetHost | Silence> {
  const { status, stdout, words } = await runAt(sshCommand, host, LOOK, TIMEOUT);
  const said = words.split('\n').at(-1) ?? '';
  if (status !== 0)
    return { why: `${host} does not answer 'xl info' and 'xl list -l'${said && `: ${said}`}` };
  try {
    return parseLook(host, stdout);
  } catch {
    return { why: `${host} does not list its domains as xl does` };
  }
}

/** Parses what stock's `xl` or mig's prints. @throws where it is neither's */
export function parseLook(name: string, text: string): FleetHost {
  const [info = '', list = ''] = text.split(`${MARK}\n`);
  const field = (key: string) => new RegExp(`^${key} *: (.*)$`, 'm').exec(info)?.[1];
  const freeMemory = Number(field('free_memory') ?? NaN);
  if (Number.isNaN(freeMemory)) throw new TypeError('no free_memory');
  const arrivals = field('arrivals');
  const closed = arrivals?.startsWith('no: ') === true ? arrivals.slice('no: '.length) : undefined;
  const version = field('xen_version') ?? field('hypervisor_version');
  return {
    name,
    totalMemory: Number(field('total_memory') ?? NaN),
    freeMemory,
    ...(closed !== undefined && { closed }),
    ...(version !== undefined && { version }),
    domains: (JSON.parse(list) as { config?: unknown }[]).flatMap(
      ({ config }) => presentDomain(config) ?? [],
    ),
  };
}

interface Configuration {
  readonly c_info?: { readonly name?: unknown; readonly uuid?: unknown };
  readonly b_info?: {
    readonly target_memkb?: unknown;
    readonly max_vcpus?: unknown;
    readonly cmdline?: unknown;
  };
}

function presentDomain(config: unknown): PresentDomain | undefined {
  const { c_info, b_info } = (config ?? {}) as Configuration;
  const { name, uuid } = c_info ?? {};
  if (typeof name !== 'string' || typeof uuid !== 'string' || uuid === DOMAIN_0) return undefined;
  const presence =
    nameOfIncoming(name) !== undefined ? 'arriving' : nameOfAway(name) !== undefined ? 'away' : 'here';
  const memory = Math.ceil(Number(b_info?.target_memkb ?? 0) / 1024);
  const vcpus = Number(b_info?.max_vcpus ?? 1);
  return { uuid, name: ownName(name), memory, vcpus, presence, ...wishes(config) };
}

function ownName(name: string): string {
  return nameOfIncoming(name) ?? nameOfAway(name) ?? name;
}

/** Reads what a domain's configuration asks of an evacuation. */
export function wishes(config: unknown): Pick<FleetDomain, 'apart' | 'priority'> {
  const cmdline = (config as Configuration | undefined)?.b_info?.cmdline;
  const text = typeof cmdline === 'string' ? cmdline : '';
  const apart = APART.exec(text)?.[1];
  return { ...(apart !== undefined && { apart }), priority: Number(PRIORITY.exec(text)?.[1] ?? 0) };
}
