/** A migration over a TLS socket: the sockets are the main thread's, the two ends block in workers. */
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { Worker } from 'node:worker_threads';
import { shareReadable, shareWritable } from '@mig/channel/node';
import { expect } from 'vitest';
import { expectMoved } from './harness/expectations.js';
import { test } from './harness/two-hosts.js';

/** A key that both ends have is enough for TLS: no certificate, which would expire. */
const PSK = { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.2', ciphers: 'ECDHE-PSK-CHACHA20-POLY1305' } as const;

/** The two ends of a TLS connection over loopback. */
async function connected(): Promise<{ here: TLSSocket; there: TLSSocket }> {
  const key = randomBytes(32);
  const server = createServer({ ...PSK, pskCallback: () => key });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const accepted = once(server, 'secureConnection') as Promise<[TLSSocket]>;
  const here = connect({
    ...PSK,
    host: '127.0.0.1',
    port: (server.address() as AddressInfo).port,
    pskCallback: () => ({ psk: key, identity: 'mig' }),
    checkServerIdentity: () => undefined,
  });
  await once(here, 'secureConnect');
  const [there] = await accepted;
  server.close();
  return { here, there };
}

function end(folder: string, socket: TLSSocket, domid?: number) {
  const [source, sink] = [shareReadable(socket), shareWritable(socket)];
  const worker = new Worker(new URL('./harness/migration-end.mjs', import.meta.url), {
    workerData: { folder, domid, source, sink },
    transferList: [source.port, sink.port],
    // Some that Node has opened are closed by @mig/posix.
    trackUnmanagedFds: false,
  });
  const said = once(worker, 'message').then(([message]) => message as unknown);
  return { worker, said, ended: once(worker, 'exit') };
}

test('a busy guest moves over TLS without a tick lost or repeated', async ({ hosts }) => {
  const before = await hosts.source.create();
  const [domain] = await hosts.source.domains();
  const { here, there } = await connected();
  expect(here.getCipher().name).toBe(PSK.ciphers);
  const target = end(hosts.target.folder, there);
  const source = end(hosts.source.folder, here, domain!.domid);
  const report = await source.said;
  expect(report).toMatchObject({ kinds: expect.arrayContaining(['precopy', 'stop-and-copy']) as unknown });
  expect((report as { octetsSent: number }).octetsSent).toBeGreaterThan(16 << 20);
  expect(await target.said).toEqual({ arrived: 'busy' });
  await Promise.all([source.ended, target.ended]);
  expect(here.bytesWritten).toBe((report as { octetsSent: number }).octetsSent);
  for (const socket of [here, there]) socket.destroy();
  await expectMoved(hosts, before);
});

test('a connection that breaks leaves the guest at home, and nothing at the target', async ({ hosts }) => {
  const before = await hosts.source.create();
  const [domain] = await hosts.source.domains();
  const { here, there } = await connected();
  const target = end(hosts.target.folder, there);
  const source = end(hosts.source.folder, here, domain!.domid);
  await new Promise<void>((resolve) => {
    const look = () => (there.bytesRead > 1 << 20 ? resolve() : void setImmediate(look));
    look();
  });
  there.destroy();
  expect(await source.said).toMatchObject({
    failed: { name: 'MigrationError', outcome: 'keeps-running', cause: 'StreamFailedError' },
  });
  expect(await target.said).toMatchObject({ failed: { name: 'ReceiveError', outcome: 'destroyed' } });
  await Promise.all([source.ended, target.ended]);
  here.destroy();
  expect(await hosts.target.domains()).toEqual([]);
  await before.moreTicks(2);
});
