/** Tests of what a process killed with SIGKILL leaves, and how to continue. */
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { eventually } from './harness/eventually.js';
import { expectEmpty, expectRunsOn } from './harness/expectations.js';
import { processesOf } from '../tooling/faults/processes.mjs';
import { BEFORE_READY, heldBack } from './harness/relay.js';
import { test } from './harness/two-hosts.js';

describe.concurrent('xl migrate, killed between the suspend and permission', () => {
  test('leaves the domain suspended, which xl list shows and xl resume revives', async ({ hosts }) => {
    const { source, target } = hosts;
    const console = await source.create();
    const gate = hosts.path('gate');
    const migration = hosts.migrate({ relay: { backward: heldBack(BEFORE_READY, gate) } });
    await migration.untilEvent('the wait for ready', ({ state }) => state === 'awaiting-ready');
    migration.kill('SIGKILL');
    await migration.exited;
    writeFileSync(gate, '');
    await expectEmpty(target);
    await source.quiet();

    expect(await source.domains()).toMatchObject([{ name: 'busy', state: 'suspended', logDirty: false }]);
    expect(await source.done('list')).toMatch(/^busy .*---ss-/m);
    await source.done('resume', 'busy');
    await expectRunsOn(source, console);
  });
});

describe.concurrent("a domain's process, killed", () => {
  test('takes the domain along: xl list has it no more, and its name is free', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    const [found] = processesOf(source.folder);
    process.kill(found!.pid, 'SIGKILL');
    await eventually('its end', () => processesOf(source.folder).length === 0 || undefined);
    expect(await source.domains()).toEqual([]);
    await expectRunsOn(source, await source.create());
  });
});
