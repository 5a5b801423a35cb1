import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import {
  type DirtyLog,
  type DomainInfo,
  type Host,
  HostError,
  type HostInfo,
  type ImageReport,
  type RenameOptions,
  type RestoreOptions,
  type SaveOptions,
} from '@mig/hypervisor';
import { InterruptedError, type Input, type Output, positionOf } from '@mig/posix';
import { XenControl } from './control.js';
import { detectXen } from './detect.js';
import { heardBy, helperEnvironment, inOurWords } from './helper-talk.js';
import type { LibxlDomain } from './libxl.js';
import { type HelperListener, LibxlClient } from './libxl-client.js';
import type { HelperEvent, HelperFailure, LibxlRequest } from './libxl-messages.js';
import { isBeingSavedLive } from './saver-processes.js';
import { withXenDirtyLog } from './xen-dirty-log.js';

export interface XenHostOptions {
  /** The path of xl-save-helper. */
  readonly saveHelper: string;
}

/**
 * A Xen host through libxl. libxl does what it does for stock `xl`, device models and devices included; the image, and
 * with it the precopy loop, is our save helper's.
 */
export class XenHost implements Host {
  #client: LibxlClient | undefined;
  #other: LibxlClient | undefined;

  /** @throws HostError where this is no Xen host that mig knows, saying why */
  constructor(private readonly options: XenHostOptions) {
    detectXen();
  }

  /** Another where that one is busy: while a domain is saved, its observer may look at it. */
  get #libxl(): LibxlClient {
    this.#client = alive(this.#client);
    return this.#client.busy ? (this.#other = alive(this.#other)) : this.#client;
  }

  info(): HostInfo {
    const [major, minor, extra] = ['major', 'minor', 'extra'].map((part) =>
      readFileSync(`/sys/hypervisor/version/${part}`, 'utf8').trim(),
    );
    const version = `${major}.${minor}${extra}`;
    return {
      hypervisor: `Xen ${major}.${minor}`,
      version,
      noLogDirty: undefined,
      stateFolder: STATE_FOLDER,
      details: {},
    };
  }

  list(): DomainInfo[] {
    return (this.#libxl.ask({ do: 'list' }) as LibxlDomain[]).map(describe);
  }

  find(nameOrDomid: string): DomainInfo | undefined {
    const domains = this.list();
    return (
      domains.find(({ name }) => name === nameOrDomid) ??
      domains.find(({ domid }) => String(domid) === nameOrDomid)
    );
  }

  describe(domid: number): DomainInfo {
    const domain = this.#libxl.ask({ do: 'describe', domid }) as LibxlDomain | undefined;
    if (domain === undefined) throw new HostError('no-such-domain', `there is no domain ${domid}`, { domid });
    return describe(domain);
  }

  configuration(domid: number): string {
    const json = this.#libxl.ask({ do: 'configuration', domid }) as string;
    return renamed(json, this.describe(domid).name);
  }

  rename(domid: number, name: string, { sentTo }: RenameOptions = {}): void {
    const other = this.list().find((domain) => domain.name === name);
    if (other !== undefined && other.domid !== domid) {
      throw new HostError('name-taken', `domain ${other.domid} is called ${name} already`, { domid });
    }
    this.#libxl.ask({ do: 'rename', domid, name, sentTo });
  }

  pause(domid: number): void {
    this.describe(domid);
    this.#libxl.ask({ do: 'pause', domid });
  }

  unpause(domid: number): void {
    this.describe(domid);
    this.#libxl.ask({ do: 'unpause', domid });
  }

  resume(domid: number): void {
    if (!this.describe(domid).state.suspended) {
      throw new HostError('wrong-state', `domain ${domid} is not suspended`, { domid });
    }
    this.#libxl.ask({ do: 'resume', domid });
  }

  destroy(domid: number): void {
    this.describe(domid);
    this.#libxl.ask({ do: 'destroy', domid });
  }

  saveTo(domid: number, output: Output, options: SaveOptions): ImageReport {
    // A domain that is suspended may run elsewhere, and libxl would take it as it is.
    this.#refuseUnlessRunning(domid);
    // Two that failed would each resume it: also where the other had been told that its target runs it.
    if (isBeingSavedLive(domid)) {
      throw new HostError('wrong-state', `domain ${domid} is being migrated by another process`, { domid });
    }
    let report: ImageReport | undefined;
    const listen = heardBy(options, (image) => (report = image));
    const before = positionOf(output.fd);
    const { live, debug } = options;
    const environment = helperEnvironment(this.options.saveHelper, output.patience.milliseconds, options);
    const stream = { pid: process.pid, fd: output.fd };
    this.#askHelper({ do: 'suspend', domid, stream, live, debug, environment }, output, listen);
    if (report === undefined) {
      throw new HostError('unavailable', 'libxl did not use the save helper that it was given', { domid });
    }
    // Of a pipe nobody can tell how much libxl itself has written around the image.
    const after = positionOf(output.fd);
    output.wroteElsewhere(before === undefined || after === undefined ? report.octets : after - before);
    return report;
  }

  /** Through libxenctrl in this process: it has no use for SIGCHLD. */
  withDirtyLog<T>(domid: number, use: (log: DirtyLog) => T): T {
    this.#refuseUnlessRunning(domid);
    const control = new XenControl(detectXen());
    try {
      if (control.describe(domid)?.hvm === false) {
        throw new HostError(
          'not-live-migratable',
          `domain ${domid} is a PV domain: mig moves HVM and PVH domains`,
          {
            domid,
          },
        );
      }
      return withXenDirtyLog(control, domid, () => isBeingSavedLive(domid), use);
    } finally {
      control.close();
    }
  }

  restoreFrom(input: Input, { configuration, name }: RestoreOptions): number {
    const stream = { pid: process.pid, fd: input.fd };
    const environment = helperEnvironment(this.options.saveHelper, input.patience.milliseconds);
    const before = this.list().map(({ domid }) => domid);
    const libxl = this.#libxl;
    try {
      return this.#askHelper(
        { do: 'restore', configuration: renamed(configuration, name), stream, environment },
        input,
      ) as number;
    } catch (error) {
      if (libxl.ended) this.#destroyRemains(configuration, name, before);
      throw error;
    }
  }

  /**
   * libxl destroys what it could not build, unless its process ends before: libxl 4.17 crashes at a stream that is over
   * before its first octet, as stock xl does, and one that a stalled stream holds up is killed. What runs, or has
   * another name, is what another restore of the same image has built.
   * @param before the domains that were there
   */
  #destroyRemains(configuration: string, name: string, before: readonly number[]): void {
    const { c_info: { uuid } = {} } = JSON.parse(configuration) as { c_info?: { uuid?: string } };
    try {
      const remains = this.list().filter(
        (domain) =>
          domain.uuid === uuid &&
          // It may not have come to have a name.
          [name, ''].includes(domain.name) &&
          domain.state.paused &&
          !before.includes(domain.domid),
      );
      for (const { domid } of remains) this.destroy(domid);
    } catch {
      // What went wrong first is what the operator needs to hear.
    }
  }

  /**
   * Leaves a process behind that does what the domain's configuration wants when it shuts down, as stock `xl` does.
   * It writes to /var/log/xen/xl-NAME.log.
   */
  attend(domid: number): void {
    const program = fileURLToPath(new URL('./libxl-monitor.js', import.meta.url));
    const log = openSync(`/var/log/xen/xl-${this.describe(domid).name}.log`, 'a', 0o640);
    try {
      spawn(process.execPath, [program, String(domid)], {
        detached: true,
        stdio: ['ignore', log, log],
      }).unref();
    } finally {
      closeSync(log);
    }
  }

  #refuseUnlessRunning(domid: number): void {
    const { suspended, crashed } = this.describe(domid).state;
    if (!suspended && !crashed) return;
    const state = suspended ? 'is suspended already' : 'has crashed';
    throw new HostError('wrong-state', `domain ${domid} ${state}`, { domid });
  }

  /** What the helper says of its failure counts before libxl's word for it. */
  #askHelper(
    request: LibxlRequest,
    { interrupt, patience }: Pick<Output, 'interrupt' | 'patience'>,
    listen?: HelperListener['event'],
  ): unknown {
    let failure: HelperFailure | undefined;
    const helper = { unaccounted: false };
    const event = (event: HelperEvent) => {
      if (event.event === 'helper') helper.unaccounted = true;
      if (event.event === 'image' || event.event === 'failed') helper.unaccounted = false;
      if (event.event === 'failed') failure = event.failure;
      return listen?.(event);
    };
    try {
      return this.#libxl.ask(request, { event, interrupt, patience });
    } catch (error) {
      if (helper.unaccounted && request.do === 'suspend') this.#stopLogDirty(request.domid);
      if (failure === undefined || error instanceof InterruptedError) throw error;
      const about = request.do === 'suspend' ? { domid: request.domid } : {};
      throw inOurWords(failure, { ...about, cause: error });
    }
  }

  /**
   * A helper that was killed has not turned it off, and its domain would go on slowly. One that has spoken of its end is
   * not cleaned up after: somebody else may have begun to save the domain since.
   */
  #stopLogDirty(domid: number): void {
    try {
      this.#libxl.ask({ do: 'stop-log-dirty', domid });
    } catch {
      // What went wrong first is what the operator needs to hear; the next migration turns it off.
    }
  }
}

/** Survives a reboot, as what was measured does. */
const STATE_FOLDER = '/var/lib/mig';

/** One whose process has ended is replaced: a domain that it left suspended is still to be revived. */
function alive(client: LibxlClient | undefined): LibxlClient {
  if (client?.ended !== true) return client ?? new LibxlClient();
  client.close();
  return new LibxlClient();
}

function describe(domain: LibxlDomain): DomainInfo {
  const { domid, name, uuid, memory, vcpus, paused, suspended, crashed, cpuNanoseconds, sentTo } = domain;
  return {
    domid,
    name,
    uuid,
    memory: Math.round(memory / 1024),
    vcpus,
    state: { paused, suspended, crashed },
    cpuSeconds: cpuNanoseconds / 1e9,
    logDirty: undefined,
    ...(sentTo === undefined ? {} : { sentTo }),
  };
}

function renamed(configuration: string, name: string): string {
  const parsed = JSON.parse(configuration) as { c_info?: object };
  return JSON.stringify({ ...parsed, c_info: { ...parsed.c_info, name } });
}
