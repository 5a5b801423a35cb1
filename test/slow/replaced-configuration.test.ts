/**
 * Tests of a configuration that replaces the domain's own (save CONFIG, migrate -C, restore CONFIG):
 * refused if the domain could not continue with it.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test as shared } from 'vitest';
import { expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import type { GuestConsole } from '../harness/guest-console.js';
import { test, TwoHosts } from '../harness/two-hosts.js';

const OWN = 'name = "busy"\ntype = "wasm"\nkernel = "wss"\nmemory = 16\n';
const misfits: readonly {
  readonly what: string;
  readonly change: string;
  readonly own?: string;
  readonly says: RegExp;
}[] = [
  { what: 'less memory', change: 'memory = 8', says: /memory is 8 MiB, and the domain has 16/ },
  { what: 'more memory', change: 'memory = 32', says: /memory is 32 MiB, and the domain has 16/ },
  { what: 'the memory of its absence', change: '', own: OWN.replace('memory = 16\n', ''), says: /memory is 32 MiB, and the domain has 16/ },
  { what: 'another guest', change: 'kernel = "idle"', says: /kernel is "idle", and the domain runs "wss"/ },
  { what: 'another file', change: 'kernel = "/other/wss.wasm"', says: /kernel is "\/other\/wss.wasm", and the/ },
  { what: 'a name that no host takes', change: `name = "${'n'.repeat(256)}"`, says: /name must not be longer than 255 bytes/ },
  { what: 'a command line that no host takes', change: `cmdline = "${'c'.repeat(4089)}"`, says: /cmdline makes a command line of more than 4088 bytes/ },
  { what: 'another type', change: 'type = "pvh"', says: /type = "pvh" needs a Xen host/ },
]; // prettier-ignore

describe('of a domain', () => {
  // One guest for all tests: none of them may affect it.
  let hosts: TwoHosts;
  let console: GuestConsole;
  let image: string;
  let config: string;
  beforeAll(async () => {
    hosts = await TwoHosts.open();
    console = await hosts.source.create();
    image = hosts.path('good.image');
    config = hosts.path('other.cfg');
    await hosts.source.done('save', '-c', 'busy', image);
  });
  afterAll(() => hosts.close());

  shared.for(misfits)('$what is refused before anything is touched', async ({ change, own = OWN, says }) => {
    writeFileSync(config, `${own}${change}\n`);
    const before = readdirSync(hosts.folder);
    const saved = await hosts.source.xl('save', 'busy', hosts.path('a.image'), config);
    expect(saved).toMatchObject({ status: 1, stderr: matching(says) });
    expect(saved.stderr).toContain(config);
    const command = `touch ${hosts.path('target-was-run')}`;
    const moved = await hosts.migrate({ options: ['-C', config], command }).ended;
    expect(moved).toMatchObject({ status: 1, stderr: matching(says) });
    expect(existsSync(hosts.path('target-was-run'))).toBe(false);

    const restored = await hosts.target.xl('restore', config, image);
    expect(restored).toMatchObject({ status: 1, stderr: matching(says) });
    expect(await hosts.target.domains()).toEqual([]);
    expect(readdirSync(hosts.folder).filter((name) => name !== 'target')).toEqual(
      before.filter((name) => name !== 'target'),
    );
    await expectRunsOn(hosts.source, console);
  });
});

describe.concurrent('what the domain can live with', () => {
  const other = 'name = "other"\ntype = "wasm"\nkernel = "wss"\nmemory = 16\ncmdline = "pages=1"\n';

  test('goes with it to a file', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    const [image, config] = [hosts.path('busy.image'), hosts.path('other.cfg')];
    writeFileSync(config, other);
    await source.done('save', 'busy', image, config);
    await target.done('restore', image);
    await expectRunsOn(target, target.console('other'), 'other');
  });

  test('goes with it to another host, which knows it by its UUID', async ({ hosts }) => {
    const before = await hosts.source.create();
    const [{ uuid }] = JSON.parse(await hosts.source.done('list', '--json')) as [{ uuid: string }];
    const config = hosts.path('other.cfg');
    writeFileSync(config, other);
    expect(await hosts.migrate({ options: ['-C', config] }).ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, before, 'other');
    expect(JSON.parse(await hosts.target.done('list', '--json'))).toMatchObject([{ uuid }]);
  });

  test('is taken in place of what the image has', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    const [image, config] = [hosts.path('busy.image'), hosts.path('other.cfg')];
    writeFileSync(config, other);
    await source.done('save', 'busy', image);
    expect(readFileSync(image, 'latin1').includes('"other"')).toBe(false);
    await target.done('restore', config, image);
    await expectRunsOn(target, target.console('other'), 'other');
  });
});
