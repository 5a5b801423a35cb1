/**
 * Sees to what a domain's configuration wants when it shuts down, for as long as there is the domain: what stock xl
 * leaves a process behind for. Argument: the domid. Says what it does on standard output.
 */
import { pause } from '@mig/posix';
import { Attendant } from './attendant.js';
import { detectXen } from './detect.js';
import { Libxl } from './libxl.js';
import { buildBy, buildSettings } from './xl-settings.js';

const say = (text: string) => console.log(`${new Date().toISOString()} ${text}`);

try {
  const version = detectXen();
  const libxl = new Libxl(version, false);
  const time = { pause, now: () => performance.now() };
  // Once, as stock xl does: a domain that comes to its end later comes again whatever xl.conf has become by then.
  const settings = buildSettings(version, libxl);
  new Attendant(libxl, {
    say,
    pause,
    now: () => new Date(),
    // Nobody waits for its restart: it waits for whoever has the lock as long as that takes.
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
