import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import type { Readable, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, test } from 'vitest';
import { isControlDomain } from '../xen/control-domain.js';

const PROGRAM = fileURLToPath(new URL('../../bin/libxl-process.cjs', import.meta.url));
const O_CLOEXEC = 0o2000000;

const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

function start() {
  const child = spawn(process.execPath, [PROGRAM], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
  });
  started.push(child);
  const words = text(child.stdio[2]!);
  return {
    child,
    requests: child.stdio[3] as Writable,
    replies: child.stdio[4] as Readable,
    /** The exit of the process, once it has ended. */
    end: async () => {
      const [status, signal] = (await once(child, 'exit')) as [number | null, string | null];
      return { status: status ?? signal, words: await words };
    },
  };
}

const QUIETLY = { status: 0, words: '' };

// In a dom0 it would use the installed libxl.
describe.skipIf(isControlDomain())("libxl's process", () => {
  test('answers one request after the other, and ends with the last', async () => {
    const { requests, replies, end } = start();
    requests.end('{"kind":"describe","domid":1}\n{"kind":"list"}\n');
    const refused = {
      kind: 'error',
      code: 'unavailable',
      message: 'this machine does not run under Xen',
    };
    const said = (await text(replies)).trimEnd().split('\n');
    expect(said.map((line) => JSON.parse(line) as unknown)).toEqual([refused, refused]);
    expect(await end()).toEqual(QUIETLY);
  });

  test('ends where nobody reads its replies any more', async () => {
    const { requests, replies, end } = start();
    replies.destroy();
    await once(replies, 'close');
    requests.end('{"kind":"list"}\n');
    expect(await end()).toEqual(QUIETLY);
  });

  test('ends where a request is cut short', async () => {
    const { requests, end } = start();
    requests.end('{"kind":"li');
    expect(await end()).toEqual(QUIETLY);
  });

  test('leaves signals of the terminal to xl', async () => {
    const { child, requests, replies, end } = start();
    requests.write('{"kind":"list"}\n');
    await once(replies, 'data');
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) child.kill(signal);
    requests.write('{"kind":"list"}\n');
    await once(replies, 'data');
    requests.end();
    expect(await end()).toEqual(QUIETLY);
  });

  test('hands standard streams on to what libxl starts, and nothing that is its own', async () => {
    const { child, requests, replies, end } = start();
    requests.write('{"kind":"list"}\n');
    await once(replies, 'data');
    const inherited = [0, 1, 2, 3, 4, 5].filter((fd) => {
      const [, flags] = /^flags:\s+([0-7]+)$/m.exec(readFileSync(`/proc/${child.pid}/fdinfo/${fd}`, 'utf8'))!;
      return (parseInt(flags!, 8) & O_CLOEXEC) === 0;
    });
    expect(inherited).toEqual([0, 1, 2]);
    requests.end();
    expect(await end()).toEqual(QUIETLY);
  });
});
