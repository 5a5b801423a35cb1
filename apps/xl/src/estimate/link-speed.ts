/** How fast octets get to another host the way that a migration would take. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { Failure } from '../output/failure.js';

/** Milliseconds of sending. */
const LONG_ENOUGH = 2000;
/** Octets at a time: random, for ssh may compress. */
const PORTION = 1 << 20;
/** Says that the way is open, and reads. */
const REMOTE = "'echo mig-link; cat > /dev/null'";

/**
 * Sends for two seconds, and waits until all of it has arrived.
 * @param sshCommand as `-s` has it; not empty
 * @returns octets per second
 * @throws Failure where the command fails
 */
export async function linkSpeed(sshCommand: string, host: string): Promise<number> {
  const child = spawn('sh', ['-c', `exec ${sshCommand} ${host} ${REMOTE}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close') as Promise<[number | null, NodeJS.Signals | null]>;
  // Where it ends early, `ended` says so.
  child.stdin.on('error', () => undefined);

  await Promise.race([opened(child.stdout), ended]);
  const portion = randomBytes(PORTION);
  const began = performance.now();
  let octets = 0;
  while (child.exitCode === null && performance.now() - began < LONG_ENOUGH) {
    const taken = new Promise<void>((resolve) => child.stdin.write(portion, () => resolve()));
    await Promise.race([taken, ended]);
    octets += portion.length;
  }
  child.stdin.end();
  const [status, signal] = await ended;
  if (status !== 0) {
    const how = signal === null ? `exited with error status ${status}` : `died of ${signal}`;
    throw new Failure(
      `the speed of the link to ${host} could not be measured: ${sshCommand} ${how}. --bandwidth says it instead`,
    );
  }
  return (octets / (performance.now() - began)) * 1000;
}

async function opened(stdout: NodeJS.ReadableStream): Promise<void> {
  let said = '';
  for await (const octets of stdout) {
    said += String(octets);
    if (said.includes('mig-link')) return;
  }
}
