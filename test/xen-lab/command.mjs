/** Runs another program: by an argument list, never through a shell, and never without a time limit. */
import { spawnSync } from 'node:child_process';

/**
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, input?: Buffer | string, seconds?: number }} [options]
 * @returns {Buffer} its output
 */
export function run(program, args, { cwd, input, seconds = 120 } = {}) {
  const { status, signal, error, stdout, stderr } = spawnSync(program, args, {
    cwd,
    input,
    timeout: seconds * 1000,
    killSignal: 'SIGKILL',
    maxBuffer: 1 << 30,
    env: { ...process.env, PATH: searchPath(), LC_ALL: 'C' },
  });
  if (error !== undefined || status !== 0) {
    const how = error?.message ?? (signal === null ? `status ${status}` : `signal ${signal}`);
    const said = stderr?.toString().trim().split('\n').slice(-15).join('\n');
    throw new Error(`${program} ${args.join(' ')}: ${how}\n${said ?? ''}`.trim());
  }
  return stdout;
}

/** The search path with the administration folders: in Debian mke2fs is outside a user's path. */
export function searchPath() {
  const { PATH } = process.env;
  return `${PATH}:/usr/sbin:/sbin`;
}
