/** Tests of who may do what to a domain if its process or its host's folder misbehaves. */
import { EmbeddedHost } from '@mig/hypervisor-wasm';
import { Input } from '@mig/posix';
import { commandTable, standings } from '@mig/protocol/handshake';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  configurationOf,
  domainFolder,
  failure,
  NOT_LIVE,
  openHost,
  restore,
  save,
  sendAway,
} from './hosts.test-support.js';

/** A process that answers anything with a message whose only field has an unknown number. */
const STRANGER = `
  const server = require('node:net').createServer((peer) => {
    peer.on('error', () => {}).on('data', () => peer.write(Buffer.from([3, 0x9a, 0x06, 0])));
  });
  server.listen(process.argv[1], () => console.log('listening'));
`;

describe("a domain's process", () => {
  it('that speaks another protocol is listed as silent, and hinders nobody', async () => {
    const test = openHost();
    const { host } = test;
    const domid = host.create(configurationOf('one', 'idle'), { paused: true });
    const socket = join(domainFolder(test, domid), 'control.sock');
    rmSync(socket);
    const server = spawn(process.execPath, ['-e', STRANGER, socket], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const ended = once(server, 'exit');
    try {
      await once(server.stdout, 'data');
      expect(host.list()).toMatchObject([{ domid, name: 'one', standing: 'unknown' }]);
      expect(failure(() => host.pause(domid))).toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('does not speak as this mig does') as string,
      });
      host.destroy(domid);
      expect(host.list()).toEqual([]);
    } finally {
      server.kill();
      await ended;
    }
  });

  it('stays with its own folder when the host gets another name', () => {
    const base = mkdtempSync(join(tmpdir(), 'mig-moved-'));
    const [here, moved] = [join(base, 'here'), join(base, 'moved')];
    const hosts: EmbeddedHost[] = [];
    try {
      const before = EmbeddedHost.open(here);
      const domid = before.create(configurationOf('one', 'idle'), { paused: true });
      renameSync(here, moved);
      const other = EmbeddedHost.open(here);
      hosts.push(EmbeddedHost.open(moved), other);
      expect(other.create(configurationOf('other', 'idle'), { paused: true })).toBe(domid);
      hosts[0]!.rename(domid, 'two');
      expect(hosts[0]!.describe(domid).name).toBe('two');
      expect(other.describe(domid).name).toBe('other');
      expect(JSON.parse(other.configuration(domid))).toMatchObject({ c_info: { name: 'other' } });
    } finally {
      for (const host of hosts) for (const { domid } of host.list()) host.destroy(domid);
      rmSync(base, { recursive: true });
    }
  });
});

describe('a domain that arrives', () => {
  it('is refused before a page is read where a copy of it has its name', () => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'idle'), { paused: true });
    const stream = join(source.folder, 'stream');
    const configuration = source.host.configuration(domid);
    save(source, domid, stream, NOT_LIVE);
    const copy = restore(target, stream, configuration, 'one');
    sendAway(target, copy);
    target.host.rename(copy, 'one');
    const fd = openSync(stream, 'r');
    const input = new Input(fd, { subject: 'the stream' });
    try {
      const options = { configuration, name: 'one--incoming', fromHost: true };
      expect(failure(() => target.host.restoreFrom(input, options)).code).toBe('name-taken');
      expect(input.octets).toBe(0);
    } finally {
      closeSync(fd);
    }
  });
});

it('the folder refuses a second copy wherever the table of commands does', () => {
  // The folder knows which domains are here, arriving or elsewhere, and refuses in all three cases.
  for (const standing of standings) expect(commandTable.create[standing]).not.toBe('does');
});
