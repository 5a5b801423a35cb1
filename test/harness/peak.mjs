/** NODE_OPTIONS=--import: notes in $PEAK_FILE how many KiB of memory this process had at most. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    // Not getrusage's: that knows what the process was before it became this program.
    const { PEAK_FILE = '' } = process.env;
    const kib = /(?<=^VmHWM:\s+)\d+/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0];
    writeFileSync(PEAK_FILE, kib ?? '');
  });
}
