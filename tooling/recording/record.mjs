// Records what a command writes to a terminal, and when.
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';

/** @typedef {{ columns: number, rows: number }} Size */
/** @typedef {{ seconds: number, text: Uint8Array }} Output what was written so many seconds after the first word */

/**
 * Runs a command of the shell in a terminal of its own, with `script` of util-linux.
 * @param {string} command
 * @param {Size} size
 * @returns {Output[]}
 * @throws if the command fails
 */
export function record(command, { columns, rows }) {
  const folder = temporaryFolder('mig-recording-');
  try {
    const [out, timing] = [join(folder, 'out'), join(folder, 'timing')];
    const sized = `stty cols ${columns} rows ${rows}; exec ${command}`;
    /** @type {NodeJS.ProcessEnv} */
    const env = { ...process.env, TERM: 'xterm-256color', LC_ALL: 'C.UTF-8' };
    delete env['NO_COLOR'];
    const { status } = spawnSync('script', ['-qefc', sized, '--log-out', out, '--log-timing', timing], {
      env,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status !== 0) throw new Error(`${command} ended with status ${status}`);
    return parse(readFileSync(out), readFileSync(timing, 'utf8'));
  } finally {
    removeTemporaryFolder(folder);
  }
}

/**
 * @param {Uint8Array} out a line of `script`'s own, then the output
 * @param {string} timing lines of a delay in seconds and a number of bytes
 * @returns {Output[]}
 */
export function parse(out, timing) {
  let [seconds, at] = [0, out.indexOf(10) + 1];
  return timing
    .trimEnd()
    .split('\n')
    .map((line, i) => {
      const [delay = 0, bytes = 0] = line.split(' ').map(Number);
      // Nothing is to be seen before the first.
      if (i > 0) seconds += delay;
      return { seconds, text: out.subarray(at, (at += bytes)) };
    });
}
