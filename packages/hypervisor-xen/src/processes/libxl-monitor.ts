/**
 * Applies a domain's configured actions when it shuts down, as long as the domain exists: the process that
 * stock xl leaves behind. Argument: the domid. Writes what it does to standard output.
 */
import { pause } from '@mig/posix';
import { Attendant } from '../libxl/attendant.js';
import { detectXen } from '../version/detect.js';
import { Libxl } from '../libxl/libxl.js';
import { buildBy, buildSettings } from '../libxl/xl-settings.js';

const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`);

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
  }).attend(Number(process.argv[2]));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exit(1);
}
process.exit();
