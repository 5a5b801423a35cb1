import { lockDescriptor } from '@mig/posix';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfiguration } from './configuration.js';
import { HostFolder } from './host-folder.js';
import { configurationOf, failure } from './hosts.test-support.js';
import { ownIdentity } from './process-identity.js';

let path: string;
beforeEach(() => (path = mkdtempSync(join(tmpdir(), 'mig-folder-'))));
afterEach(() => rmSync(path, { recursive: true }));

const named = (name: string) => parseConfiguration(configurationOf(name, 'idle'));

describe("a host's folder", () => {
  it('is made for this user only, with those it is in', () => {
    const folder = new HostFolder(join(path, 'a', 'b'));
    expect(folder.domids()).toEqual([]);
    for (const made of ['a', 'a/b', 'a/b/domains']) {
      expect(statSync(join(path, made)).mode & 0o777).toBe(0o700);
    }
    expect(new HostFolder(join(path, 'a', 'b')).domids()).toEqual([]);
  });

  it.each([
    ['where nothing can be made', '/proc/mig-host', 'the folder /proc/mig-host cannot be made: '],
    ['below a device', '/dev/null/a/b', '/dev/null is not a folder'],
  ])('is refused %s', (_, impossible, message) => {
    expect(failure(() => new HostFolder(impossible))).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(message) as string,
    });
  });

  it.each(['', 'NaN', '0', '-3', '1e3', '7x'])('gives domids where their counter reads "%s"', (text) => {
    const folder = new HostFolder(path);
    expect([folder.add(named('one')), folder.add(named('two'))]).toEqual([1, 2]);
    writeFileSync(join(path, 'next-domid'), text);
    expect(folder.add(named('three'))).toBe(3);
    expect(readFileSync(join(path, 'next-domid'), 'utf8')).toBe('4');
  });

  it('is not locked for good by a process that dies with the lock', async () => {
    new HostFolder(path);
    const script = `
      import { lockDescriptor } from '@mig/posix';
      import { openSync } from 'node:fs';
      lockDescriptor(openSync(process.argv[1], 'a'));
      console.log('locked');
      setInterval(() => {}, 1000);
    `;
    const holder = spawn(
      process.execPath,
      ['--input-type=module', '-e', script, join(path, 'lock')],
      // The folder in which the package is found.
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    await once(holder.stdout, 'data');
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    expect(new HostFolder(path).add(named('one'))).toBe(1);
  });

  it('is looked at while another process holds its lock, and nothing is taken in it', () => {
    const folder = new HostFolder(path);
    folder.add(named('one'));
    const fd = openSync(join(path, 'lock'), 'a');
    try {
      lockDescriptor(fd);
      expect(folder.domids()).toEqual([1]);
      expect(failure(() => folder.add(named('two')))).toMatchObject({
        code: 'unavailable',
        message: expect.stringMatching(/^another process has held .*lock for 9 s$/) as string,
      });
      // The next process that looks removes the rest.
      folder.remove(1, ownIdentity());
    } finally {
      closeSync(fd);
    }
    expect(folder.add(named('two'))).toBe(2);
  });

  it('claims a UUID for one domain, wherever that is known to be', () => {
    const folder = new HostFolder(path);
    const uuid = '4f0b14c9-e38c-4207-a785-36f2278714c4';
    const domain = (name: string, as = uuid) => ({ ...named(name), uuid: as });
    const json = (name: string) =>
      parseConfiguration(
        JSON.stringify({
          c_info: { type: 'wasm', name, uuid },
          b_info: { max_memkb: 1024, kernel: 'idle' },
        }),
      );
    const arriving = folder.add(json('one'), { fromHost: true });
    expect(failure(() => folder.add(domain('two'))).code).toBe('uuid-taken');
    expect(failure(() => folder.add(domain('two', uuid.toUpperCase()))).code).toBe('uuid-taken');
    // Another incoming domain is judged when it starts.
    expect(folder.add(json('three'), { fromHost: true })).toBe(arriving + 1);
  });

  it('gives domids again, as Xen does: from 1 once the largest was given, past those that are held', () => {
    const folder = new HostFolder(path);
    expect(folder.add(named('one'))).toBe(1);
    writeFileSync(join(path, 'next-domid'), '32751');
    expect(folder.add(named('two'))).toBe(32751);
    expect(folder.add(named('three'))).toBe(2);
    // A foreign file.
    mkdirSync(join(path, 'domains', '3'));
    writeFileSync(join(path, 'domains', '3', 'notes'), '');
    writeFileSync(join(path, 'domains', '4'), '');
    expect(folder.add(named('four'))).toBe(5);
    expect(folder.domids()).toEqual([1, 2, 5, 32751]);
  });

  it.each([32751, 17])(
    'goes on counting where it was when a domain that arrives asks for domid %i',
    (domid) => {
      const folder = new HostFolder(path);
      expect(folder.add(named('one'))).toBe(1);
      expect(folder.add({ ...named('arriving'), domid }, { fromHost: true })).toBe(domid);
      expect(folder.add(named('two'))).toBe(2);
      folder.remove(domid, ownIdentity());
      expect(failure(() => folder.add({ ...named('three'), domid: 2 })).code).toBe('domid-taken');
      expect(folder.add({ ...named('three'), domid })).toBe(domid);
    },
  );

  it.each(['32752', '99999999999999999999'])(
    'begins anew where the counter of an earlier mig reads %s',
    (text) => {
      const folder = new HostFolder(path);
      writeFileSync(join(path, 'next-domid'), text);
      expect(folder.add(named('one'))).toBe(1);
    },
  );

  it('says so where all are held', () => {
    const folder = new HostFolder(path);
    for (let domid = 1; domid <= 32751; domid++) writeFileSync(join(path, 'domains', String(domid)), '');
    expect(failure(() => folder.add(named('one')))).toMatchObject({
      code: 'unavailable',
      message: `${path}: all 32751 domids are taken`,
    });
  });
});
