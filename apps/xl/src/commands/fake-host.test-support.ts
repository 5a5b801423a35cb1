/** A host in memory: what commands need of one, and a record of what they did. */
import {
  type DomainInfo,
  HostError,
  type HostInfo,
  isMeant,
  refusalCodes,
  type ResumeOptions,
} from '@mig/hypervisor';
import { ModelArrivals } from '@mig/hypervisor/model';
import { judgeCommand } from '@mig/protocol/handshake';
import { Log } from '../output/log.js';
import { TextOutput } from '../output/text-output.js';
import { run } from '../program.js';
import { createContext } from '../host/context.js';
import type { LocalHost } from '../host/local-host.js';

export class FakeHost implements LocalHost {
  readonly calls: string[] = [];
  readonly arrivals = new ModelArrivals();
  domains: DomainInfo[];
  consoles = new Map<number, string>();
  resumeError: Error | undefined;
  whyNoLogDirty: string | undefined;

  constructor(...domains: (Partial<DomainInfo> & { name: string })[]) {
    this.domains = domains.map((domain, index) => ({
      domid: index + 1,
      uuid: `00000000-0000-0000-0000-00000000000${index + 1}`,
      memory: 16,
      vcpus: 1,
      state: { paused: false, suspended: false, crashed: false },
      cpuSeconds: 1.5,
      logDirty: false,
      standing: domain.state?.suspended === true ? 'abandoned' : 'free',
      epoch: 7,
      ...domain,
    }));
  }

  info(): HostInfo {
    const { whyNoLogDirty } = this;
    return {
      hypervisor: 'fake',
      version: '1',
      whyNoLogDirty,
      assumedSuspendCost: 0,
      stateFolder: '/nonexistent',
      details: { host_folder: '/fake' },
    };
  }
  list(): DomainInfo[] {
    return this.domains;
  }
  find(nameOrDomid: string): DomainInfo | undefined {
    return this.domains.find((domain) => isMeant(domain, nameOrDomid));
  }
  describe(domid: number): DomainInfo {
    const domain = this.domains.find((each) => each.domid === domid);
    if (domain === undefined) throw new HostError('no-such-domain', 'it is gone', { domid });
    return domain;
  }
  configuration(domid: number): string {
    return JSON.stringify({ c_info: { name: this.describe(domid).name } });
  }
  rename(domid: number, name: string): void {
    this.calls.push(`rename ${domid} ${name}`);
  }
  pause(domid: number): void {
    this.calls.push(`pause ${domid}`);
  }
  unpause(domid: number): void {
    this.calls.push(`unpause ${domid}`);
  }
  resume(domid: number, { epoch, force = false }: ResumeOptions = {}): void {
    const { standing, ...domain } = this.describe(domid);
    if (standing === 'unknown') throw new HostError('unavailable', 'it does not answer', { domid });
    const ownership = { standing, epoch: domain.epoch };
    const verdict = judgeCommand(ownership, force ? 'resume --force' : 'resume', epoch);
    if (!verdict.allowed) throw new HostError(refusalCodes[verdict.why], verdict.why, { domid });
    this.calls.push(`resume ${domid}${force ? ', forced' : ''}`);
    if (this.resumeError !== undefined) throw this.resumeError;
  }
  destroy(domid: number): void {
    this.calls.push(`destroy ${domid}`);
  }
  create(json: string, { paused }: { paused: boolean }): number {
    this.calls.push(`create ${paused ? 'paused ' : ''}${json}`);
    return 9;
  }
  misfit(): undefined {
    return undefined;
  }
  consolePath(domid: number): string {
    return this.consoles.get(domid) ?? '/nonexistent/console';
  }
  take(): never {
    throw new Error('not here');
  }
  withDirtyLog(): never {
    throw new Error('not here');
  }
  checkDeparture(): never {
    throw new Error('not here');
  }
  checkArrival(): never {
    throw new Error('not here');
  }
  restoreFrom(): never {
    throw new Error('not here');
  }
}

/** A host whose folder for state is there. */
export class HostWithFolder extends FakeHost {
  constructor(
    private readonly folder: string,
    ...domains: ConstructorParameters<typeof FakeHost>
  ) {
    super(...domains);
  }

  override info(): HostInfo {
    return { ...super.info(), stateFolder: this.folder };
  }
}

export interface Outcome {
  readonly status: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `xl` as a shell would, in this process. */
export function xl(host: LocalHost | undefined, ...argv: string[]): Promise<Outcome> {
  return runXl({ host, terminal: false }, argv);
}

export function xlOnTerminal(host: LocalHost, ...argv: string[]): Promise<Outcome> {
  return runXl({ host, terminal: true }, argv);
}

async function runXl(
  { host, terminal }: { host: LocalHost | undefined; terminal: boolean },
  argv: readonly string[],
): Promise<Outcome> {
  const out: Uint8Array[] = [];
  let err = '';
  const context = createContext({
    output: new TextOutput((octets) => out.push(Uint8Array.from(octets))),
    log: new Log((text) => (err += text)),
    terminal,
    openHost: () => (host === undefined ? Promise.reject(new Error('no host here')) : Promise.resolve(host)),
  });
  const status = await run(argv, context);
  return { status, out: Buffer.concat(out).toString(), err };
}
