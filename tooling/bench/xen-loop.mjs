// What mig itself costs a save on Xen: the loop over a domain of which most pfns are holes, as PVH guests have them,
// on a hypervisor that answers at once. Under `qemu-x86_64 $(which node)` it shows what an emulated dom0 makes of it.
//
// usage: node tooling/bench/xen-loop.mjs [RUNS, 5 unless given]
import { openSync } from 'node:fs';
import { Mapping, Output } from '@mig/posix';
import { XenMemory } from '@mig/hypervisor-xen/memory';
import { saveImage, simplePolicy } from '@mig/sender';

const PFNS = 1_044_480;
const PRESENT = 24_576;
const PAGE = 4096;
const BATCH = 1024;
const XTAB = 0xf0000000;

const runs = Number(process.argv[2] ?? 5);
const pages = Mapping.ofMemory('pages', BATCH * PAGE);
const control = {
  describe: () => ({ hvm: true, suspended: true, pages: PRESENT, vcpus: 1 }),
  pfnCount: () => PFNS,
  cpuPolicy: () => ({ leaves: [], msrs: [] }),
  tscInfo: () => ({ mode: 0, khz: 0, nanoseconds: 0n, incarnation: 0 }),
  hvmContext: () => new Uint8Array(1024),
  hvmParam: () => 0n,
  allocateBitmap: () => ({ addTo: () => undefined }),
  freeBitmap: () => undefined,
  enableLogDirty: () => undefined,
  disableLogDirty: () => undefined,
  cleanLogDirty: () => 0,
  readPageTypes: (_domid, words, count) => {
    for (let i = 0; i < count; i++) if (words[i * 2] >= PRESENT) words[i * 2] = (words[i * 2] | XTAB) >>> 0;
  },
  map: (_domid, _frames, _count, _mode, errors) => (errors.fill(0), pages.address),
  unmap: () => undefined,
};
const callbacks = { suspend: () => undefined, switchDeviceModelLog: () => undefined };

for (let run = 0; run < runs; run++) {
  const memory = new XenMemory(control, 1, callbacks, { major: 4, minor: 17 });
  const output = new Output(openSync('/dev/null', 'w'), { subject: 'nothing' });
  const began = process.cpuUsage().user;
  saveImage(memory, output, { live: true, debug: false, policy: simplePolicy(1, 50) });
  const milliseconds = (process.cpuUsage().user - began) / 1000;
  output.close();
  console.log(`${milliseconds.toFixed(1)} ms; ${memory.phases}`);
}
