/** Tests that what arrives is bounded, and cannot control a terminal. */
import { writeFile } from 'node:fs/promises';
import { describe, expect } from 'vitest';
import { contextOctets } from '../packages/hypervisor-wasm/src/context-octets.test-support.js';
import { buildGuest } from '../packages/hypervisor-wasm/src/guest/guest-builder.test-support.js';
import { expectEmpty } from './harness/expectations.js';
import { configuration, handMade, type HandMade } from './harness/hand-made-stream.js';
import { type Ended, Program } from './harness/program.js';
import { test, type TwoHosts } from './harness/two-hosts.js';

const MIB = 2 ** 20;

/** Sends a hand-made stream to the target's receiving end. */
async function receive(hosts: TwoHosts, stream: HandMade): Promise<Ended> {
  const path = hosts.path('stream');
  await writeFile(path, handMade(stream));
  return new Program('sh', ['-c', `${hosts.target.receiver()} < '${path}'`], { environment: {} }).ended;
}

const ESCAPE = '\x1b]0;pwn\x07';
const ESCAPED = String.raw`\u001b]0;pwn\u0007`;

test('what another host says does not drive the terminal', async ({ hosts }) => {
  await hosts.source.create();
  const words = String.raw`printf '\033]0;pwn\007\nGr\303\274\303\237e\302\2332J\n'`;
  const command = `${words} >&2; ${words}`;
  const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
  expect({ status, stderr }).toMatchObject({ status: 1 });
  expect(stderr).not.toMatch(/[\0-\x09\x0b-\x1f\x7f-\x9f]/);
  // Once as the receiver prints it, and once in the message of the failure.
  expect(stderr).toContain(`${ESCAPED}\nGrüße\\u009b2J\n`);
  expect(stderr).toContain(`the target sent "${ESCAPED}" in place of its banner`);
});

describe('what a stream says', () => {
  const guest = (parts = {}) => contextOctets({ abi: 1, module: buildGuest(parts), globals: { counter: 1 } });

  test('arrives, where nothing is amiss with it', async ({ hosts }) => {
    const { status, stderr } = await receive(hosts, { configuration: configuration(), context: guest() });
    expect({ status, stderr }).toMatchObject({ status: 0 });
    expect(await hosts.target.domains()).toMatchObject([{ name: 'busy', state: 'running' }]);
  });

  test.for([
    ['a name', { configuration: configuration({ create: { name: ESCAPE } }) }, /control characters/],
    ['a type', { configuration: configuration({ create: { type: ESCAPE } }) }, ESCAPED.replace('pwn', 'PWN')],
    ['an ABI', { configuration: configuration(), context: contextOctets({ abi: ESCAPE }) }, /ABI/],
    [
      'the name of an import',
      { configuration: configuration(), context: guest({ alsoImports: `${ESCAPE}.a` }) },
      ESCAPED,
    ],
    [
      'the name of a global',
      {
        configuration: configuration(),
        context: contextOctets({ abi: 1, module: buildGuest(), globals: { counter: 1, [ESCAPE]: 1 } }),
      },
      ESCAPED,
    ],
  ] as const)(
    'in %s does not drive the terminal, and nothing is left of it',
    async ([, stream, says], { hosts }) => {
      const { status, stderr } = await receive(hosts, stream);
      expect({ status, stderr }).toMatchObject({ status: 1 });
      expect(stderr).not.toMatch(/[^\n\x20-\x7e]/);
      expect(stderr).toMatch(says);
      await expectEmpty(hosts.target);
    },
  );
});

describe('what is beyond its limit is refused before it is unpacked, in words:', () => {
  const withMore = (json: string) => JSON.stringify(configuration()).replace(/}$/, `,"x":${json}}`);
  const maps = { abi: 1, module: new Uint8Array(1), globals: new Array(60_000).fill({}) };

  test.for([
    [
      'a configuration nested 20,000 deep',
      { configuration: withMore('['.repeat(20_000) + ']'.repeat(20_000)) },
      /it is nested deeper than 32/,
    ],
    [
      'a configuration of 300 KB that becomes a MiB where it is written anew',
      { configuration: withMore(`[${'1e20,'.repeat(60_000)}1]`) },
      /the configuration has more than 1048507 bytes/,
    ],
    [
      'a context of 100 MiB',
      { configuration: configuration(), context: { announced: 100 * MIB } },
      /\(EMULATOR_CONTEXT\) at byte \d+: a body of 104857608 bytes, at most 17825800 are allowed/,
    ],
    [
      'a context of counts that stand for nothing',
      { configuration: configuration(), context: contextOctets(maps) },
      /the state of the vCPU cannot be restored: it is not MessagePack, or more of it than a guest has/,
    ],
    [
      'a context whose ABI is a map',
      { configuration: configuration(), context: contextOctets({ abi: { toString: 1 } }) },
      /the state of the vCPU cannot be restored: it has no ABI/,
    ],
    [
      'a guest whose tables may grow without end',
      {
        configuration: configuration(),
        context: contextOctets({ abi: 1, module: buildGuest({ tables: [[1]] }), globals: { counter: 1 } }),
      },
      /the guest cannot be run: it has a table without a maximum/,
    ],
  ] as const)('%s', async ([, stream, says], { hosts }) => {
    const { status, stderr } = await receive(hosts, stream);
    expect({ status, stderr }).toMatchObject({ status: 1 });
    expect(stderr).toMatch(says);
    expect(stderr).toContain('The incoming copy is gone.');
    await expectEmpty(hosts.target);
  });
});
