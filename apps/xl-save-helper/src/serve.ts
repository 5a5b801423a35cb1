/** The helper's work for libxl, from its arguments to its last message. Blocks. */
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import type { Interrupt } from '@mig/posix';
import type { RestoreArguments, SaveArguments } from '@mig/protocol/save-helper';
import { errnoOf } from './errno.js';
import { Libxl, LogLevel } from './libxl.js';
import { Link } from './link.js';
import { restore } from './restore.js';
import { save } from './save.js';
import { readSettings } from './settings.js';

const STREAM_TYPES = ['plain', 'Remus', 'COLO'];

export function serveSave(request: SaveArguments, interrupt: Interrupt): void {
  const libxl = new Libxl(request.callbackFlags);
  const errnoval = attempt(libxl, () => {
    refuseCheckpointed(request.streamType);
    listenedTo((link) => save(request, readSettings(process.env), libxl, interrupt, link));
  });
  libxl.complete(errnoval);
}

export function serveRestore(request: RestoreArguments): void {
  const libxl = new Libxl(request.callbackFlags);
  let results = { storeGfn: 0n, consoleGfn: 0n };
  const errnoval = attempt(libxl, () => {
    refuseCheckpointed(request.streamType);
    listenedTo((link) => {
      results = restore(request, readSettings(process.env), libxl, link);
    });
  });
  libxl.restoreResults(results.storeGfn, results.consoleGfn);
  libxl.complete(errnoval);
}

/** Tells our own xl, where it listens, of what goes wrong. */
function listenedTo(work: (link: Link | undefined) => void): void {
  const link = Link.open(process.env);
  try {
    work(link);
  } catch (error) {
    link?.failed(error);
    throw error;
  }
}

/**
 * Does the work, and tells libxl in words of what goes wrong.
 * @returns 0, or the error number
 */
function attempt(libxl: Libxl, work: () => void): number {
  try {
    work();
    return 0;
  } catch (error) {
    const errnoval = errnoOf(error);
    libxl.log(LogLevel.ERROR, messageOf(error), errnoval);
    return errnoval;
  }
}

function refuseCheckpointed(streamType: number): void {
  if (streamType === 0) return;
  const name = STREAM_TYPES[streamType] ?? `type ${streamType}`;
  throw new HostError(
    'foreign-domain',
    `checkpointed streams (${name}) are not mig's business: use the stock helper`,
  );
}
