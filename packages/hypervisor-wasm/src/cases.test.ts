import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, test } from 'vitest';
import { type CaseBench, cases } from '@mig/hypervisor/cases';
import { EmbeddedHost } from '@mig/hypervisor-wasm';

const folder = mkdtempSync(join(tmpdir(), 'mig-cases-'));
const host = EmbeddedHost.open(join(folder, 'host'));
const target = EmbeddedHost.open(join(folder, 'target'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const bench: CaseBench = {
  host,
  target,
  createBusyDomain: (name) => {
    const configuration = {
      c_info: { type: 'wasm', name },
      b_info: {
        max_memkb: 16 * 1024,
        target_memkb: 16 * 1024,
        kernel: 'wss',
        cmdline: 'pages=500 rate=20000',
      },
    };
    return host.create(JSON.stringify(configuration), { paused: false });
  },
  awaitProgress: (where, domid) => {
    const path = (where === host ? host : target).consolePath(domid);
    const ticks = () => [...readFileSync(path, 'utf8').matchAll(/^tick \d+ \d+ errors=(\d+)/gm)];
    const before = ticks().length;
    const deadline = performance.now() + 30_000;
    while (ticks().length <= before) {
      if (performance.now() > deadline) throw new Error('the guest makes no progress');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
    }
    const errors = ticks().at(-1)?.[1];
    if (errors !== '0') throw new Error(`the guest found ${errors} errors in its memory`);
  },
};

test.each(cases)('$name', (each) => each.run(bench));
