/** The streams of libxl, with our save helper's image inside. */
import type { Bounds, OctetSink, OctetSource, Timeout } from '@mig/channel';
import { HostError, type ImageReport, type RestoreOptions, type SaveOptions } from '@mig/hypervisor';
import { InterruptedError, positionOf } from '@mig/posix';
import { helperEnvironment, toLocalClock, toHostError } from '../libxl/helper-events.js';
import type { LibxlDomain } from '../libxl/libxl.js';
import type { HelperListener } from '../libxl/libxl-client.js';
import type { HelperFailure, HelperMessage, LibxlRequest, LibxlValues } from '../libxl/libxl-messages.js';
import { isBeingSavedLive } from '../xen/saver-processes.js';
import type { SilentHelper } from '../helper/silent-helper.js';
import { type SavedDomain, StockSave } from '../helper/stock-save.js';
import type { XenDomains } from './xen-domains.js';

export class LibxlImages {
  /** @param saveHelper the path of xl-save-helper */
  constructor(
    private readonly domains: XenDomains,
    private readonly saveHelper: string,
  ) {}

  /**
   * Saves a domain, and leaves it suspended.
   * @param domain is told of the guest's suspend as soon as it is known; what it throws ends the save
   */
  save(domid: number, output: OctetSink, options: SaveOptions, domain: SavedDomain): ImageReport {
    const descriptor = descriptorOf(output);
    let report: ImageReport | undefined;
    let stock: StockSave | undefined;
    const { policy, bandwidth, dirtyBitmaps, onEvent } = options;
    const hear: HelperListener['hear'] = (message) => {
      if (message.kind === 'consult') {
        const answer = policy(message.stats);
        onEvent?.({ kind: 'consulted', stats: message.stats, answer });
        return { decision: answer, bandwidth: bandwidth?.() };
      }
      if (message.kind === 'image') report = toLocalClock(message.report);
      if (message.kind === 'saving') {
        if (message.event.kind === 'suspended') domain.suspended();
        onEvent?.(message.event);
      }
      return undefined;
    };
    const handedOn: HelperListener['handedOn'] = (helper) => {
      const save = (stock = new StockSave(domain, options, output.timeout, helper));
      return () => save.look();
    };
    const before = positionOf(descriptor.fd);
    const { debug } = options;
    // For a PV domain the stock helper would try a live save, and fail.
    const live = options.live && domain.hvm;
    const environment = helperEnvironment(
      this.saveHelper,
      output.timeout.milliseconds,
      dirtyBitmaps === true ? 'bitmaps' : undefined,
      options,
    );
    const stream = { pid: process.pid, fd: descriptor.fd };
    try {
      this.#askHelper({ kind: 'suspend', domid, stream, live, debug, environment }, output, {
        hear,
        handedOn,
      });
      report ??= stock?.complete();
    } catch (error) {
      stock?.failed();
      throw error;
    }
    if (report === undefined) {
      throw new HostError('unavailable', 'libxl did not use the save helper that it was given', { domid });
    }
    // For a pipe nobody can tell how much libxl itself has written around the image.
    const after = positionOf(descriptor.fd);
    descriptor.wroteElsewhere(before === undefined || after === undefined ? report.octets : after - before);
    return report;
  }

  /** Builds a domain, and leaves it paused. @returns its domid; when it throws, nothing is left of it */
  restore(input: OctetSource, { configuration, name, onEvent }: RestoreOptions): number {
    const stream = { pid: process.pid, fd: descriptorOf(input).fd };
    const wish = onEvent && 'events';
    const environment = helperEnvironment(this.saveHelper, input.timeout.milliseconds, wish);
    const before = this.domains.list().map(({ domain }) => domain.domid);
    const { libxl } = this.domains;
    try {
      return this.#askHelper(
        { kind: 'restore', configuration: renamed(configuration, name), stream, environment },
        input,
        {
          hear: (message) => {
            if (message.kind === 'restoring') onEvent?.(message.event);
            return undefined;
          },
          handedOn: (helper) => () => lookAtRestore(helper, input.timeout),
        },
      );
    } catch (error) {
      if (libxl.isUnusable) this.#destroyRemains(configuration, name, before);
      throw error;
    }
  }

  /**
   * Destroys what is left of a failed restore. libxl does that itself, unless its process ends first: libxl
   * 4.17 crashes at a stream that ends before its first octet, as stock xl does, and a process blocked by a
   * stalled stream is killed. A domain that runs, or has another name, belongs to another restore of the
   * same image.
   * @param before the domains that existed before
   */
  #destroyRemains(configuration: string, name: string, before: readonly number[]): void {
    const uuid = uuidIn(configuration);
    const isLeft = (domain: LibxlDomain) =>
      domain.uuid === uuid &&
      // The domain may not have got its name yet.
      [name, ''].includes(domain.name) &&
      domain.paused &&
      !before.includes(domain.domid);
    try {
      for (const { domain } of this.domains.list()) {
        if (isLeft(domain)) this.domains.do('destroy', domain.domid);
      }
    } catch {
      // The first error is the one to report.
    }
  }

  /**
   * Makes a request during which the helper speaks. The helper's account of its failure takes precedence
   * over libxl's.
   */
  #askHelper<R extends LibxlRequest>(
    request: R,
    { interrupt, timeout }: Pick<Bounds, 'interrupt' | 'timeout'>,
    listener: Partial<HelperListener>,
  ): LibxlValues[R['kind']] {
    let failure: HelperFailure | undefined;
    const helper = { unaccounted: false };
    const hear = (message: HelperMessage) => {
      if (message.kind === 'helper') helper.unaccounted = true;
      if (['image', 'failed', 'handed-on'].includes(message.kind)) helper.unaccounted = false;
      if (message.kind === 'failed') failure = message.failure;
      return listener.hear?.(message);
    };
    try {
      return this.domains.libxl.ask(request, { ...listener, hear, interrupt, timeout });
    } catch (error) {
      if (helper.unaccounted && request.kind === 'suspend') this.#stopLogDirty(request.domid);
      if (failure === undefined || error instanceof InterruptedError) throw error;
      const about = request.kind === 'suspend' ? { domid: request.domid } : {};
      throw toHostError(failure, { ...about, cause: error });
    }
  }

  /**
   * Switches log-dirty mode off after a helper that was killed: its domain would stay slow. A helper that
   * reported its end has done so itself, and somebody else may have begun to save the domain since.
   */
  #stopLogDirty(domid: number): void {
    if (isBeingSavedLive(domid)) return;
    try {
      this.domains.do('stop-log-dirty', domid);
    } catch {
      // The first error is the one to report; the next migration switches log-dirty mode off.
    }
  }
}

/**
 * The descriptor that libxl is to write to, or to read from.
 * @throws HostError `unavailable` where the channel is none: libxl knows no other
 */
function descriptorOf<Descriptor>({
  descriptor,
}: {
  readonly descriptor?: Descriptor | undefined;
}): Descriptor {
  if (descriptor !== undefined) return descriptor;
  throw new HostError(
    'unavailable',
    'libxl moves a domain through a file descriptor, which this channel is not',
  );
}

/** Milliseconds between two looks at a restore by Xen's own helper. */
const RESTORE_LOOKS = 100;

/**
 * Watches a restore. Once the helper has ended everything has arrived, and libxl takes the time that
 * devices need.
 */
function lookAtRestore(helper: SilentHelper, timeout: Timeout): number {
  if (!helper.isGone) helper.checkMoves(timeout);
  return RESTORE_LOOKS;
}

/** The configuration of a domain with its present name. */
export function renamed(configuration: string, name: string): string {
  const parsed = JSON.parse(configuration) as { c_info?: object };
  return JSON.stringify({ ...parsed, c_info: { ...parsed.c_info, name } });
}

export function uuidIn(configuration: string): string | undefined {
  const { c_info: { uuid } = {} } = JSON.parse(configuration) as { c_info?: { uuid?: string } };
  return uuid;
}
