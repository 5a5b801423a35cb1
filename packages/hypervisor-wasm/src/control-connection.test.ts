import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { ControlConnection } from './control-connection.js';
import { domainFiles } from './domain-files.js';
import { failure } from '../../channel/src/failure.test-support.js';

const atEnd: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of atEnd.splice(0).reverse()) await end();
});

/**
 * Starts a scripted domain process.
 * @param serve the body of a function of a socket
 * @returns the domain's folder
 */
async function domainThat(serve: string): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'mig-test-'));
  atEnd.push(() => rmSync(folder, { recursive: true }));
  const program = `require('node:net').createServer((socket) => { ${serve} })
    .listen(process.argv[1], () => console.log('listening'))`;
  const child = spawn(process.execPath, ['-e', program, domainFiles.socket], {
    cwd: folder,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  atEnd.push(() => {
    child.kill('SIGKILL');
    return exited;
  });
  await once(child.stdout, 'data');
  return folder;
}

function connect(folder: string): ControlConnection {
  const connection = new ControlConnection(folder, 7);
  atEnd.push(() => connection.close());
  return connection;
}

const unavailable = { code: 'unavailable', message: 'no answer of the process of domain 7 within 2.1 s' };

test('an answer that comes octet by octet has no more time than another', async () => {
  // A hundred octets are announced.
  const dribbles =
    "socket.on('error', () => {}); socket.write(Buffer.of(100)); setInterval(() => socket.write(Buffer.of(10)), 200);";
  const connection = connect(await domainThat(dribbles));
  const error = failure(() => connection.do({ kind: 'suspend', timeoutMilliseconds: 100 }, 100));
  expect(error).toBeInstanceOf(HostError);
  expect(error).toMatchObject(unavailable);
});

test('a request that is not read has no more time than its answer', async () => {
  const connection = connect(await domainThat('socket.pause();'));
  const octets = new Uint8Array(1 << 20);
  expect(failure(() => connection.do({ kind: 'adopt', octets }, 100))).toMatchObject(unavailable);
});
