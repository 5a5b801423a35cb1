import {
  cautionAbout,
  detectXen,
  IncomingXenMemory,
  type RestoreResults,
  XenControl,
} from '@mig/hypervisor-xen/memory';
import { enlargePipe, Input, Interrupt, LARGEST_PIPE } from '@mig/posix';
import type { RestoreArguments } from '@mig/protocol/save-helper';
import { restoreImage } from '@mig/receiver';
import { becomeStockHelper } from './become-stock.js';
import { type Libxl, LogLevel } from './libxl.js';
import type { Link } from './link.js';
import type { Settings } from './settings.js';

/** Restores the image on the descriptor that libxl named into the domain that it has created. */
export function restore(
  request: RestoreArguments,
  settings: Settings,
  libxl: Libxl,
  link: Link | undefined,
): RestoreResults {
  const { domid, ioFd } = request;
  const version = detectXen();
  const control = new XenControl(version);
  if (control.describe(domid)?.hvm === false) becomeStockHelper(version, [ioFd, request.sendBackFd], link);
  const caution = cautionAbout(version);
  if (caution !== undefined) libxl.log(LogLevel.WARN, caution);
  enlargePipe(ioFd, LARGEST_PIPE);
  const memory = new IncomingXenMemory(
    control,
    domid,
    {
      store: { evtchn: request.storeEvtchn, domid: request.storeDomid },
      console: { evtchn: request.consoleEvtchn, domid: request.consoleDomid },
    },
    { staticDataDone: (missing) => libxl.staticDataDone(domid, missing) },
    version,
  );
  const timeout = { what: 'no bytes of the stream came', milliseconds: settings.progressTimeout.restore };
  try {
    // Neither peer speaks unless it is asked, so anything readable in between means that it has closed.
    // Where our own xl listens, that is the peer to watch: libxl's process waits for this one and does not
    // notice.
    const interrupt = Interrupt.byPeer(link?.from ?? 0);
    const input = new Input(ioFd, { subject: 'the stream', timeout, interrupt });
    const { octets, pages } = restoreImage(memory, input, {
      onEvent: link?.wants('events') ? link.onRestoreEvent : undefined,
    });
    const results = memory.complete();
    libxl.log(
      LogLevel.DETAIL,
      `image of ${octets} bytes, ${pages} pages; ${memory.superpages} times 2 MiB in one piece`,
    );
    libxl.log(LogLevel.DEBUG, `time spent: ${memory.phases.toString()}`);
    return results;
  } finally {
    memory.close();
    control.close();
  }
}
