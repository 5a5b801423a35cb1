import type { ImageReport, SaveObserver } from '@mig/hypervisor';
import { cautionAbout, detectXen, refuseSuspended, XenControl, XenMemory } from '@mig/hypervisor-xen/memory';
import {
  enlargePipe,
  type Interrupt,
  InterruptedError,
  LARGEST_PIPE,
  Output,
  setNonBlocking,
} from '@mig/posix';
import { type SaveArguments, SaveFlag } from '@mig/protocol/save-helper';
import { bandwidthOf, policyFor, saveImage } from '@mig/sender';
import { becomeStockHelper } from './become-stock.js';
import { type Libxl, LogLevel } from './libxl.js';
import type { Link } from './link.js';
import type { Settings } from './settings.js';

/** Writes the image of a domain to the descriptor that libxl named. */
export function save(
  request: SaveArguments,
  settings: Settings,
  libxl: Libxl,
  interrupt: Interrupt,
  link: Link | undefined,
): void {
  const { domid, ioFd } = request;
  const version = detectXen();
  const control = new XenControl(version);
  if (control.describe(domid)?.hvm === false) {
    if (interrupt.raised !== undefined) throw new InterruptedError(interrupt.raised);
    becomeStockHelper(version, [ioFd, request.recvFd], link);
  }
  const caution = cautionAbout(version);
  // Where our own xl listens, it has said so itself.
  if (caution !== undefined && link === undefined) libxl.log(LogLevel.WARN, caution);
  // What libxl hands us may block for as long as the target does not read.
  const restoreFlags = setNonBlocking(ioFd);
  enlargePipe(ioFd, LARGEST_PIPE);
  try {
    const memory = new XenMemory(
      control,
      domid,
      {
        suspend: () => {
          // Stock takes a domain that is suspended already, from the start or meanwhile; mig's own xl does not.
          if (link !== undefined) refuseSuspended(control, domid);
          libxl.suspend(domid);
        },
        switchDeviceModelLog: (enabled) => libxl.switchDeviceModelLog(domid, enabled),
      },
      version,
    );
    const patience = { what: 'the stream took no octet', milliseconds: settings.progressTimeout.save };
    const output = new Output(ioFd, { subject: 'the stream', interrupt, patience });
    const policy = link?.policy ?? policyFor(settings.precopy);
    try {
      const report = saveImage(memory, output, {
        live: (request.flags & SaveFlag.LIVE) !== 0,
        debug: (request.flags & SaveFlag.DEBUG) !== 0,
        policy: (stats) => memory.phases.measure('policy', () => policy(stats)),
        bandwidth: link?.bandwidth ?? (() => bandwidthOf(settings.precopy)),
        suspendCost: settings.suspendCost,
        lineRate: settings.lineRate,
        stopAndCopyTimeout: settings.stopAndCopyTimeout,
        observer: {
          ...(link?.observer ?? observer(libxl)),
          logDirtyLeftOn: (error) =>
            libxl.log(
              LogLevel.WARN,
              `log-dirty is left on: ${error instanceof Error ? error.message : String(error)}`,
            ),
        },
      });
      link?.image(report);
      logReport(libxl, report, memory);
    } finally {
      memory.close();
    }
  } finally {
    restoreFlags();
    control.close();
  }
}

/** Milliseconds between two news of a pass's progress: libxl shows whole percents, and each message costs. */
const PROGRESS_INTERVAL = 100;

function observer(libxl: Libxl): SaveObserver {
  let told = 0;
  return {
    passStarted: ({ iteration, dirtyPages }) =>
      libxl.progress(`Frames iteration ${iteration}`, 0, dirtyPages),
    passProgress: ({ iteration, pagesDone, dirtyPages }) => {
      const now = performance.now();
      if (pagesDone < dirtyPages && now - told < PROGRESS_INTERVAL) return;
      told = now;
      libxl.progress(`Frames iteration ${iteration}`, pagesDone, dirtyPages);
    },
    passFinished: ({ kind, iteration, dirtyPages, sentPages, octets, milliseconds }) =>
      libxl.log(
        LogLevel.DETAIL,
        `iteration ${iteration} (${kind}): ${dirtyPages} pages dirty, ${sentPages} sent, ${octets} octets, ${milliseconds.toFixed(0)} ms`,
      ),
    precopyEnded: ({ sentence }) => libxl.log(LogLevel.DETAIL, `precopy ends: ${sentence}`),
  };
}

function logReport(libxl: Libxl, report: ImageReport, { takenIn, phases }: XenMemory): void {
  libxl.log(
    LogLevel.DETAIL,
    `image of ${report.octets} octets in ${report.milliseconds.toFixed(0)} ms, suspended within ${report.suspendMilliseconds.toFixed(0)} ms`,
  );
  if (takenIn > 0) libxl.log(LogLevel.DETAIL, `${takenIn} pages came in while the guest ran`);
  libxl.log(LogLevel.DEBUG, `time spent: ${phases.toString()}`);
}
