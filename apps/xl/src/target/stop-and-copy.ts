/**
 * Migration by a stop-and-copy alone: which options have no effect, and how long the domain will stand still.
 */
import type { DomainInfo, HostInfo, PrecopyPolicy } from '@mig/hypervisor';
import { PAGE_OCTETS, PAGE_SIZE } from '@mig/protocol';
import { DirtyCurve, simulate } from '@mig/sender/estimate';
import { optionOf, settingNames, type SettingName } from '@mig/sender/policy';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { millisecondsText, octetsText, PAGES_PER_MIB, rateText } from '../output/figures.js';
import type { SettingOptions } from '../options/setting-options.js';
import type { Route, SuspendCost } from './route-history.js';

type Options = SettingOptions & { readonly debug?: true; readonly traceBitmaps?: true };

/**
 * Tells whether a setting for live passes was given, or one that Xen's own helper, which sends the domain,
 * does not know. No passes at all (`--precopy-iterations 0`) is what the helper does anyway.
 */
function saysInVain(name: SettingName, options: Options): boolean {
  if (name === 'maxDowntime') return false;
  if (name === 'abortIfBusy') return options.maxDowntime === undefined && options.abortIfBusy === true;
  if (name === 'precopyIterations') return Boolean(options.precopyIterations);
  return options[name] !== undefined && options[name] !== false;
}

function* withoutSay(options: Options): Generator<string> {
  for (const name of settingNames) if (saysInVain(name, options)) yield optionOf(name);
  if (options.policy !== undefined) yield '--policy';
  if (options.debug === true) yield '--debug';
  if (options.traceBitmaps === true) yield '--trace-bitmaps';
}

/**
 * Refuses options that would have no effect.
 * @param why the host's reason: see `whyNotLive`
 * @throws Failure for an option that would have no effect
 */
export function refuseUnsupported(name: string, why: string, options: Options): void {
  const [option] = withoutSay(options);
  if (option === undefined) return;
  throw new Failure(
    `${option} has no say here: ${name} ${why}. It moves as stop-and-copy, and --max-downtime keeps it here where that takes too long`,
    ExitStatus.usage,
  );
}

/** The known figures of the route to a target. */
export interface KnownRoute {
  readonly where: string;
  readonly suspend: SuspendCost;
  /** Pages per second, as measured earlier. */
  readonly lineRate: number | undefined;
}

/**
 * Names the route so that the costs of stop-and-copies are kept apart from those of live migrations: the
 * target of a stop-and-copy creates the domain while it stands still here.
 */
export function routeOf({ hypervisor }: HostInfo, target: string, whyNotLive: string | undefined): Route {
  return { hypervisor: whyNotLive === undefined ? hypervisor : `${hypervisor}, stop-and-copy`, target };
}

/** Assumed octets per second until some are measured: 1 Gbit/s. */
const ASSUMED_LINE = 125e6;

/**
 * Predicts in words how long the domain will stand still.
 * @throws Failure if that is longer than the operator accepts: the domain stays here
 */
export function predictPause(
  domain: Pick<DomainInfo, 'name' | 'memory'>,
  why: string,
  route: KnownRoute,
  maxDowntime: number | undefined,
): string {
  const { where, suspend, lineRate } = route;
  const pages = domain.memory * PAGES_PER_MIB;
  const octetsPerSecond = lineRate === undefined ? ASSUMED_LINE : lineRate * PAGE_OCTETS;
  const { downtimeMilliseconds = 0 } = simulate(stillCurve(pages), {
    ...{ pages, octetsPerSecond, policy: stopAndCopy },
    suspendCost: suspend.milliseconds,
  });
  const line = `${octetsText(pages * PAGE_SIZE)} at ${rateText(octetsPerSecond, 1000)}`;
  const of = (isMeasured: boolean) => (isMeasured ? 'as measured before' : 'which is assumed');
  const cost = `${millisecondsText(suspend.milliseconds)} for the suspend itself`;
  const pause =
    `about ${millisecondsText(downtimeMilliseconds)} (${line} to ${where}, ${of(lineRate !== undefined)}; ` +
    `${cost}, ${of(suspend.isMeasured)})`;
  if (maxDowntime !== undefined && downtimeMilliseconds > maxDowntime) {
    throw new Failure(
      `${domain.name} ${why}: it would stand still for ${pause}, and --max-downtime wants ${maxDowntime} ms at most. ` +
        'It keeps running here; without --max-downtime it moves',
      ExitStatus.busy,
    );
  }
  return `${domain.name} ${why}: it moves as stop-and-copy, and stands still for ${pause}`;
}

/** Policy for an estimate: the domain is suspended before a page is sent. */
export const stopAndCopy: PrecopyPolicy = () => ({
  decision: 'stop-and-copy',
  reason: { code: 'not-live', sentence: 'the domain does not move live' },
});

/** Makes the curve of a domain that stands still, and so writes nothing. */
export function stillCurve(pages: number): DirtyCurve {
  const points = [{ milliseconds: 1, pages: 0, windows: 1 }];
  return new DirtyCurve({ pageCount: pages, milliseconds: 1, readings: 1, points, places: [] });
}
