import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parseConfiguration } from './configuration.js';
import { domainFiles, knownFiles } from './domain-files.js';
import { HostFolder } from './host-folder.js';
import { configurationOf, failure } from './hosts.test-support.js';
import { ownIdentity } from './process-identity.js';

let path: string;
let host: HostFolder;
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'mig-domains-'));
  host = new HostFolder(path);
});
afterEach(() => rmSync(path, { recursive: true }));

const named = (name: string) => parseConfiguration(configurationOf(name, 'idle'));
const folderOf = (domid: number | string) => join(path, 'domains', String(domid));
/** An identity with this pid that belonged to an earlier process. */
const dead = () => ({ ...ownIdentity(), startTime: ownIdentity().startTime - 1 });
const unknown = () => ({ ...ownIdentity(), pidNamespace: 'pid:[7]' });

/** Makes a domain's folder as its process would leave it. */
function leave(domid: number, identity: object, ...more: string[]): void {
  mkdirSync(folderOf(domid));
  writeFileSync(join(folderOf(domid), domainFiles.process), JSON.stringify(identity));
  writeFileSync(join(folderOf(domid), domainFiles.configuration), named(`domain-${domid}`).json);
  for (const name of more) writeFileSync(join(folderOf(domid), name), name);
}

describe('what is left of a dead domain', () => {
  it('is removed by a look, with all files that mig knows', () => {
    leave(3, dead(), ...knownFiles.filter((name) => name !== domainFiles.configuration));
    expect(host.domids()).toEqual([]);
    expect(existsSync(folderOf(3))).toBe(false);
  });

  it("is kept where it is somebody else's, and is a domain no more", () => {
    leave(3, dead(), 'notes.txt', 'console.log', 'core');
    mkdirSync(join(folderOf(3), 'control.sock'));
    writeFileSync(join(folderOf(3), 'control.sock', 'mine'), '');
    for (let look = 0; look < 2; look++) {
      expect(host.domids()).toEqual([]);
      expect(readdirSync(folderOf(3)).sort()).toEqual(['control.sock', 'core', 'notes.txt']);
    }
    expect(host.add(named('domain-3'))).toBe(1);
  });

  it('is not removed by the former owner of its domid', () => {
    const asked = JSON.parse(configurationOf('one', 'idle')) as { c_info: object };
    const five = parseConfiguration(JSON.stringify({ ...asked, c_info: { ...asked.c_info, domid: 5 } }));
    leave(5, dead());
    const former = host.noted(5)!;
    expect(host.add(five)).toBe(5);
    host.remove(5, former);
    expect(host.domids()).toEqual([5]);
    host.remove(5, ownIdentity());
    expect(existsSync(folderOf(5))).toBe(false);
  });
});

describe('a domain of which it is not known whether it is alive', () => {
  const UNKNOWN = { code: 'unavailable', domid: 3, message: expect.stringContaining('domain 3') as string };

  it.each<[string, () => object, string]>([
    ['its process in another pid namespace', unknown, 'pid:[7]'],
    ['its process noted by an older mig', () => ({ pid: 2 ** 22 + 1, startTime: 5 }), 'not noted'],
  ])('%s, is listed and kept, and nothing is done to it', (_, identity, reason) => {
    leave(3, identity(), 'console.log');
    const files = readdirSync(folderOf(3));
    expect(host.domids()).toEqual([3]);
    for (const act of [() => host.owner(3), () => host.checkThere(3), () => host.noted(3)]) {
      expect(failure(act)).toMatchObject(UNKNOWN);
      expect(failure(act).message).toContain(reason);
    }
    expect(failure(() => host.remove(3, identity() as never))).toMatchObject(UNKNOWN);
    expect(failure(() => host.add(named('domain-3')))).toMatchObject({ code: 'name-taken', domid: 3 });
    expect(host.add(named('other'))).toBe(4);
    expect(readdirSync(folderOf(3))).toEqual(files);
  });

  it('does not give its name away where that cannot be read', () => {
    leave(3, unknown());
    rmSync(join(folderOf(3), domainFiles.configuration));
    mkdirSync(join(folderOf(3), domainFiles.configuration));
    expect(failure(() => host.add(named('one')))).toMatchObject(UNKNOWN);
    expect(host.domids()).toEqual([3]);
  });
});

describe('among the domains', () => {
  it.each<[string, (folder: string) => void]>([
    ['without a process', (folder) => writeFileSync(join(folder, 'configuration.json'), '{}')],
    [
      "with another program's process.json",
      (folder) => writeFileSync(join(folder, 'process.json'), '{"pid":"1"}'),
    ],
    ['with a folder called process.json', (folder) => mkdirSync(join(folder, 'process.json'))],
  ])('a folder %s is no domain, and is left alone', (_, fill) => {
    mkdirSync(folderOf(1));
    fill(folderOf(1));
    const files = readdirSync(folderOf(1));
    expect(host.domids()).toEqual([]);
    expect(failure(() => host.owner(1)).code).toBe('no-such-domain');
    expect(host.add(named('one'))).toBe(2);
    expect(readdirSync(folderOf(1))).toEqual(files);
    expect(host.domids()).toEqual([2]);
  });

  it('an empty folder is what is left of a create that died', () => {
    mkdirSync(folderOf(1));
    expect(host.domids()).toEqual([]);
    expect(existsSync(folderOf(1))).toBe(false);
  });

  it('a name that is no domid is nothing of mig', () => {
    leave(7, dead());
    for (const name of ['007', '0', '99999', 'x7', '7.old']) mkdirSync(folderOf(name));
    writeFileSync(folderOf(8), 'a file');
    host.domids();
    expect(readdirSync(join(path, 'domains')).sort()).toEqual(['0', '007', '7.old', '8', '99999', 'x7']);
    expect(failure(() => host.owner(8)).code).toBe('no-such-domain');
  });

  it('a domid asked for is not given where something is there', () => {
    mkdirSync(join(folderOf(5), 'htdocs'), { recursive: true });
    const asked = JSON.parse(configurationOf('one', 'idle')) as { c_info: object };
    const five = parseConfiguration(JSON.stringify({ ...asked, c_info: { ...asked.c_info, domid: 5 } }));
    expect(failure(() => host.add(five))).toMatchObject({ code: 'domid-taken', domid: 5 });
    expect(readdirSync(folderOf(5))).toEqual(['htdocs']);
  });

  it('no domid is given where it is not known which are', () => {
    mkdirSync(join(path, 'next-domid'));
    expect(failure(() => host.add(named('one'))).message).toContain('next-domid cannot be read (EISDIR)');
    expect(readdirSync(join(path, 'domains'))).toEqual([]);
  });

  it('a create that cannot be noted leaves nothing', () => {
    writeFileSync(join(path, 'next-domid'), '4');
    const notWritten = { ...named('one'), json: undefined as unknown as string };
    Object.defineProperty(notWritten, 'json', {
      get: () => {
        throw Object.assign(new Error('no space'), { code: 'ENOSPC' });
      },
    });
    expect(() => host.add(notWritten)).toThrow('no space');
    expect(readdirSync(join(path, 'domains'))).toEqual([]);
    expect(readFileSync(join(path, 'next-domid'), 'utf8')).toBe('5');
  });
});
