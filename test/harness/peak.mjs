/** Writes this process's peak memory in KiB to $PEAK_FILE; for NODE_OPTIONS=--import. */
import { readFileSync, writeFileSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

if (isMainThread) {
  process.on('exit', () => {
    // Not getrusage's, which includes the process before it became this program.
    const { PEAK_FILE = '' } = process.env;
    const kib = /(?<=^VmHWM:\s+)\d+/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[0];
    writeFileSync(PEAK_FILE, kib ?? '');
  });
}
