/** Calls of libxl on a domain, each in the process that runs libxl, and the checks before one gets a name. */
import { HostError } from '@mig/hypervisor';
import { commandTable, isHere } from '@mig/protocol/handshake';
import type { BalloonedHost } from '../libxl/autoballoon.js';
import { remembered } from './domain-ledger.js';
import type { DomainStanding } from '../record/domain-standing.js';
import type { LibxlDomain } from '../libxl/libxl.js';
import type { LibxlClient } from '../libxl/libxl-client.js';
import { helpersAtWork } from '../xen/saver-processes.js';
import type { XlSettings } from '../libxl/xl-settings.js';

/** A domain, and its standing with mig. */
export interface StandingDomain {
  readonly domain: LibxlDomain;
  readonly standing: DomainStanding;
}

export class XenDomains implements BalloonedHost {
  #client: LibxlClient | undefined;
  #other: LibxlClient | undefined;

  /** @param start starts a process that runs libxl, or takes over an existing one */
  constructor(private readonly start: () => LibxlClient) {}

  /**
   * The client for a request: another one if the first is busy, so that listeners can look at a domain during
   * its save.
   */
  get libxl(): LibxlClient {
    this.#client = this.#alive(this.#client);
    return this.#client.busy ? (this.#other = this.#alive(this.#other)) : this.#client;
  }

  list(): StandingDomain[] {
    const helpers = helpersAtWork();
    return this.libxl.ask({ kind: 'list' }).map((domain) => ({
      domain,
      standing: remembered(domain.domid, domain, domain.record, helpers).standing,
    }));
  }

  /** Describes a domain. @throws HostError no-such-domain */
  describe(domid: number): StandingDomain {
    const domain = this.libxl.ask({ kind: 'describe', domid });
    if (domain === undefined) throw new HostError('no-such-domain', `there is no domain ${domid}`, { domid });
    return { domain, standing: remembered(domid, domain, domain.record, helpersAtWork()).standing };
  }

  configuration(domid: number): string {
    return this.libxl.ask({ kind: 'configuration', domid });
  }

  /** Returns the free memory of the host in KiB. */
  freeMemory(): number {
    return this.libxl.ask({ kind: 'free-memory' });
  }

  controlDomainMemory(): number {
    return this.libxl.ask({ kind: 'control-domain-memory' });
  }

  neededMemory(configuration: string): number {
    return this.libxl.ask({ kind: 'needed-memory', configuration });
  }

  changeControlDomainTarget(by: number): number {
    return this.libxl.ask({ kind: 'change-control-domain-target', by });
  }

  xlSettings(): XlSettings {
    return this.libxl.ask({ kind: 'xl-settings' });
  }

  /** Makes the path of a new log of that name under /var/log/xen; the file does not exist yet. */
  newLog(name: string): string {
    return this.libxl.ask({ kind: 'new-log', name });
  }

  rename(domid: number, name: string): void {
    this.libxl.ask({ kind: 'rename', domid, name });
  }

  /** Makes libxl do something, whichever toolstack holds the domain. */
  do(what: 'pause' | 'unpause' | 'resume' | 'destroy' | 'stop-log-dirty', domid: number): void {
    this.libxl.ask({ kind: what, domid });
  }

  /**
   * Checks that a name is free.
   * @param domid the domain that will get the name
   * @throws HostError name-taken
   */
  checkName(domid: number | undefined, name: string): void {
    const other = this.list().find(({ domain }) => domain.name === name && domain.domid !== domid);
    if (other === undefined) return;
    throw new HostError('name-taken', `domain ${other.domain.domid} is called ${name} already`, {
      domid: domid ?? other.domain.domid,
    });
  }

  /**
   * Checks that a domain may come beside another one with its UUID.
   * @param command the command that brings the domain here
   * @throws HostError uuid-taken if the command table refuses it
   */
  checkComes(uuid: string, command: 'create' | 'receive'): void {
    this.#checkUuid(uuid, ({ standing }) => commandTable[command][standing.standing] !== 'does');
  }

  /**
   * Checks that no other domain with its UUID is here.
   * @param domid the domain that will run here
   * @throws HostError uuid-taken if another domain with its UUID is here
   */
  checkRunsOnce(domid: number, uuid: string): void {
    this.#checkUuid(uuid, (other) => other.domain.domid !== domid && isHere(other.standing.standing));
  }

  #checkUuid(uuid: string, isInTheWay: (other: StandingDomain) => boolean): void {
    const first = this.list().find(
      (each) => each.domain.uuid.toLowerCase() === uuid.toLowerCase() && isInTheWay(each),
    );
    if (first === undefined) return;
    const { name, domid } = first.domain;
    throw new HostError(
      'uuid-taken',
      `${name}, domid ${domid}, is this very domain (UUID ${uuid}), and ${whereabouts(first.standing)}`,
      { domid },
    );
  }

  /** Replaces a client whose process has ended: a domain that it left suspended must still be revived. */
  #alive(client: LibxlClient | undefined): LibxlClient {
    if (client?.isUnusable !== true) return client ?? this.start();
    client.close();
    return this.start();
  }
}

function whereabouts({ standing, sentTo = 'another host' }: DomainStanding): string {
  if (isHere(standing)) return 'is here already';
  return standing === 'incoming' ? 'is arriving here' : `was sent to ${sentTo}, which may be running it`;
}
