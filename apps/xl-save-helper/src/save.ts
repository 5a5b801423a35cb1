import { byKind, type EventTable, type ImageReport, type SaveEvent } from '@mig/hypervisor';
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
  // If mig's own xl listens, it has shown the caution itself.
  if (caution !== undefined && link === undefined) libxl.log(LogLevel.WARN, caution);
  // The descriptor from libxl may block for as long as the target does not read.
  const restoreFlags = setNonBlocking(ioFd);
  enlargePipe(ioFd, LARGEST_PIPE);
  try {
    const memory = new XenMemory(
      control,
      domid,
      {
        suspend: () => {
          // Stock accepts a domain that is already suspended, or is suspended meanwhile; mig's own xl does
          // not.
          if (link !== undefined) refuseSuspended(control, domid);
          libxl.suspend(domid);
        },
        switchDeviceModelLog: (enabled) => libxl.switchDeviceModelLog(domid, enabled),
      },
      version,
    );
    const timeout = { what: 'the stream took no bytes', milliseconds: settings.progressTimeout.save };
    const output = new Output(ioFd, { subject: 'the stream', interrupt, timeout });
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
        dirtyBitmaps: link?.wants('bitmaps'),
        onEvent: eventsFor(libxl, link),
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

/**
 * Least milliseconds between two progress messages of a pass: libxl shows whole percents, and each message
 * takes time.
 */
const PROGRESS_INTERVAL = 100;

/** Picks the listener: an xl that listens gets all events except the notes, which libxl logs for it. */
function eventsFor(libxl: Libxl, link: Link | undefined): (event: SaveEvent) => void {
  const rows = rowsFor(libxl);
  return (event) => {
    if (link === undefined || event.kind === 'note') byKind(rows, event);
    else link.onSaveEvent(event);
  };
}

/** Makes the messages to libxl, as far as possible the same as stock's. */
function rowsFor(libxl: Libxl): EventTable<SaveEvent, void> {
  const detail = (text: string) => libxl.log(LogLevel.DETAIL, text);
  let told = 0;
  return {
    'pass-started': ({ pass: { iteration, dirtyPages } }) =>
      libxl.progress(`Frames iteration ${iteration}`, 0, dirtyPages),
    'pass-progress': ({ pass: { iteration, pagesDone, dirtyPages } }) => {
      const now = performance.now();
      if (pagesDone < dirtyPages && now - told < PROGRESS_INTERVAL) return;
      told = now;
      libxl.progress(`Frames iteration ${iteration}`, pagesDone, dirtyPages);
    },
    'pass-finished': ({ pass: { kind, iteration, dirtyPages, sentPages, octets, milliseconds } }) =>
      detail(
        `iteration ${iteration} (${kind}): ${dirtyPages} pages dirty, ${sentPages} sent, ${octets} bytes, ${milliseconds.toFixed(0)} ms`,
      ),
    'precopy-ended': ({ reason }) => detail(`precopy ends: ${reason.sentence}`),
    note: ({ text }) => libxl.log(LogLevel.WARN, text),
    consulted: undefined,
    'log-read': undefined,
    suspended: undefined,
  };
}

function logReport(libxl: Libxl, report: ImageReport, { takenIn, phases }: XenMemory): void {
  libxl.log(
    LogLevel.DETAIL,
    `image of ${report.octets} bytes in ${report.milliseconds.toFixed(0)} ms, suspended within ${report.suspendMilliseconds.toFixed(0)} ms`,
  );
  if (takenIn > 0) libxl.log(LogLevel.DETAIL, `${takenIn} pages came in while the guest ran`);
  libxl.log(LogLevel.DEBUG, `time spent: ${phases.toString()}`);
}
