import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';
import { Log } from './log.js';
import { Relay } from './relay.js';

/** Relays what a shell writes to its standard error. */
async function passedOn(
  script: string,
  environment: NodeJS.ProcessEnv = {},
  unread: () => number = () => 0,
): Promise<string> {
  let text = '';
  const relay = new Relay(new Log((each) => (text += each), unread));
  const env = { ...process.env, ...environment };
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', 'ignore', relay.descriptor], env });
  relay.started();
  await once(child, 'exit');
  await relay.finish();
  return text;
}

it('passes on lines as they are, and what would drive the terminal by its codes', async () => {
  expect(await passedOn(String.raw`printf 'Grüße\n50%%\r\033]0;pwn\007\n\302\2332J' >&2`)).toBe(
    'Grüße\n50%\r' + String.raw`\u001b]0;pwn\u0007` + '\n' + String.raw`\u009b2J`,
  );
});

it('passes on all of it, however much that is, and however it is cut', async () => {
  const text = await passedOn('i=0; while [ $i -lt 2000 ]; do echo "$TEXT" >&2; i=$((i+1)); done', {
    TEXT: 'ü'.repeat(99),
  });
  expect(text).toBe(`${'ü'.repeat(99)}\n`.repeat(2000));
});

it('does not wait for what the program has left running', async () => {
  const text = await passedOn('sleep 1000 & echo $! >&2');
  // The shell's child runs, and holds the pipe.
  expect(spawnSync('kill', [text.trim()]).status).toBe(0);
});

it('keeps no more than a bound of what nobody reads, and says how much is missing', async () => {
  const script = 'i=0; while [ $i -lt 200 ]; do echo "$TEXT" >&2; i=$((i+1)); done';
  const TEXT = 'x'.repeat(99);
  expect(await passedOn(script, { TEXT }, () => (1 << 20) + 1)).toBe('... 20000 bytes are left out here\n');
  expect(await passedOn(script, { TEXT }, () => 1 << 20)).toHaveLength(20_000);
});
