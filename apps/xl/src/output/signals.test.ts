import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';

const signals = new URL('../../dist/output/signals.js', import.meta.url);
const streams = new URL('../../dist/output/standard-streams.js', import.meta.url);

/**
 * Runs a script that sends itself signals.
 * @returns its output, and how it ended
 */
async function run(script: string): Promise<{ said: string; status: number | null; signal: string | null }> {
  const lines = `
    import { endAtSignals, endWasAsked, heedSignals } from ${JSON.stringify(signals.href)};
    import { StandardStreams } from ${JSON.stringify(streams.href)};
    import { setTimeout } from 'node:timers/promises';
    const say = (word) => process.stdout.write(word + ' ');
    const signal = async (name) => {
      process.kill(process.pid, name);
      await setTimeout(20);
    };
    ${script}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', lines], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
  const [status, ended] = (await once(child, 'close')) as [number | null, string | null];
  return { said: said.trim(), status, signal: ended };
}

test('who heeds signals last has them alone, and the one before once that is over', async () => {
  const script = `
    const first = heedSignals((name) => say('first:' + name));
    const second = heedSignals((name) => say('second:' + name));
    await signal('SIGINT');
    second();
    await signal('SIGTERM');
    first();
    say(String(endWasAsked()));
    await signal('SIGHUP');
    say('still here');`;
  expect(await run(script)).toEqual({
    said: 'second:SIGINT first:SIGTERM true',
    status: null,
    signal: 'SIGHUP',
  });
});

test('one that comes when all is done changes no status', async () => {
  const script = `
    const end = heedSignals(() => say('heeded'));
    endAtSignals(() => process.exit(7));
    await signal('SIGINT');
    end();
    await signal('SIGINT');
    say('still here');`;
  expect(await run(script)).toEqual({ said: 'heeded', status: 7, signal: null });
});

test('once all is said the process ends at once: while Node ends it, a signal would change the status', async () => {
  const script = `
    const ended = heedSignals(() => undefined);
    const all = new StandardStreams();
    all.neverWait();
    await all.settle(7);
    ended();
    process.on('exit', () => say('Node ends'));
    process.exitCode = 7;`;
  expect(await run(script)).toEqual({ said: '', status: 7, signal: null });
});
