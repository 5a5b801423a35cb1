/**
 * The process that applies a domain's configured actions when it shuts down, as long as the domain exists, like
 * the one that stock xl leaves behind. It writes what it does to standard output.
 */
import { messageOf } from '@mig/errors';
import { pause } from '@mig/posix';
import { Attendant } from '../libxl/attendant.js';
import { detectXen } from '../version/detect.js';
import { Libxl } from '../libxl/libxl.js';
import { buildBy, buildSettings } from '../libxl/xl-settings.js';

const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`);

/** Attends the domain until it is gone. */
export function attend(domid: number): void {
  try {
    const version = detectXen();
    const libxl = new Libxl(version, false);
    const time = { pause, now: () => performance.now() };
    // Read once, as stock xl does: a later restart of the domain uses the same settings, whatever xl.conf has
    // become.
    const settings = buildSettings(version, libxl);
    new Attendant(libxl, {
      say,
      pause,
      now: () => new Date(),
      // Nobody waits for the restart, so it waits for the lock as long as necessary.
      build: (configuration, create) => {
        const building = { configuration, time, longestWait: Infinity };
        return buildBy(settings, libxl, building, create);
      },
    }).attend(domid);
  } catch (error) {
    say(messageOf(error));
    process.exitCode = 1;
  }
}
