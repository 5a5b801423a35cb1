import { HostError } from '@mig/hypervisor';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { ControlConnection } from './control-connection.js';
import { DomainMemory } from './domain-memory.js';
import { buildGuest } from './guest/guest-builder.test-support.js';
import { whyNoLogDirty } from './host-info.js';
import {
  configurationOf,
  domainFolder,
  LIVE,
  moduleFile,
  openFiles,
  openHost,
  pidOf,
  save,
  type TestHost,
  UNTIL,
} from './hosts.test-support.js';
import { identityOf } from './process-identity.js';

/**
 * First page that the guest of these tests writes, in its first quantum; it writes page 17 in its second,
 * and sleeps after each.
 */
const FIRST = 16;
const WORDS = 8;

function pagesOf(bitmap: Uint32Array): number[] {
  return Array.from({ length: bitmap.length * 32 }, (_, pfn) => pfn).filter(
    (pfn) => bitmap[pfn >>> 5]! & (1 << (pfn & 31)),
  );
}

/** Tells whether the kernel logs for the domain's process. */
function isRegistered(test: TestHost & { domid: number }): boolean {
  return openFiles(test, test.domid).some(({ link }) => link.includes('userfaultfd'));
}

function build() {
  const test = openHost();
  const domid = test.host.create(configurationOf('one', moduleFile(test, buildGuest())), { paused: true });
  const connect = () => new ControlConnection(domainFolder(test, domid), domid);
  const owner = identityOf(pidOf(test, domid))!;
  return { ...test, domid, connect, owner };
}

describe.skipIf(whyNoLogDirty() !== undefined)('the log of written pages', () => {
  it('shows another process exactly what the guest wrote', async () => {
    const { host, domid, connect, owner } = build();
    const connection = connect();
    const memory = new DomainMemory(owner, connection, { suspendTimeout: 5000 });
    try {
      memory.enableLogDirty();
      expect(host.describe(domid).logDirty).toBe(true);
      const bitmap = new Uint32Array(WORDS);
      expect(memory.cleanLogDirty(bitmap)).toBe(0);
      for (const pfn of [FIRST, FIRST + 1, FIRST + 2]) {
        host.unpause(domid);
        await vi.waitFor(() => expect(memory.cleanLogDirty(bitmap)).toBe(1), UNTIL);
        host.pause(domid);
        expect(memory.cleanLogDirty(bitmap)).toBe(0);
        expect(pagesOf(bitmap).at(-1)).toBe(pfn);
      }
      expect(pagesOf(bitmap)).toEqual([FIRST, FIRST + 1, FIRST + 2]);
      memory.disableLogDirty();
      expect(host.describe(domid).logDirty).toBe(false);
    } finally {
      memory.close();
      connection.close();
    }
  });

  it('ends with the connection that asked for it', async () => {
    const { host, domid, connect } = build();
    const connection = connect();
    connection.do({ kind: 'setLogDirty', enabled: true });
    expect(host.describe(domid).logDirty).toBe(true);
    connection.close();
    await vi.waitFor(() => expect(host.describe(domid).logDirty).toBe(false), UNTIL);
  });

  it('costs a suspended domain nothing until it runs on', () => {
    const test = build();
    const { host, domid } = test;
    const stream = join(test.folder, 'stream');
    host.unpause(domid);
    save(test, domid, stream, LIVE);
    expect(host.describe(domid)).toMatchObject({ logDirty: false, state: { suspended: true } });
    expect(isRegistered(test)).toBe(true);
    host.resume(domid);
    expect(isRegistered(test)).toBe(false);
    // Logging can start again.
    save(test, domid, stream, LIVE);
    expect(host.describe(domid)).toMatchObject({ logDirty: false, state: { suspended: true } });
  });

  it('is one toolstack’s at a time', () => {
    const { connect } = build();
    const [one, other] = [connect(), connect()];
    one.do({ kind: 'setLogDirty', enabled: true });
    for (const enabled of [true, false]) {
      expect(() => other.do({ kind: 'setLogDirty', enabled })).toThrow(HostError);
    }
    one.do({ kind: 'setLogDirty', enabled: false });
    other.do({ kind: 'setLogDirty', enabled: true });
    one.close();
    other.close();
  });

  it('is not read from a process that has ended', async () => {
    const { connect, owner } = build();
    const connection = connect();
    const memory = new DomainMemory(owner, connection, { suspendTimeout: 5000 });
    memory.enableLogDirty();
    process.kill(owner.pid, 'SIGKILL');
    await vi.waitFor(() => expect(identityOf(owner.pid)).toBeUndefined(), UNTIL);
    expect(() => memory.cleanLogDirty(new Uint32Array(WORDS))).toThrow(
      expect.objectContaining({ code: 'domain-died' }),
    );
    memory.close();
    connection.close();
  });
});
