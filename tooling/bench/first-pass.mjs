// A 1 GiB domain of incompressible pages moved between two hosts, beside the plain copy of the same octets.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeDescriptor, pipe, setNonBlocking } from '@mig/posix';
import { spread, summary } from './statistics.mjs';

const RUNS = 5;
const MIB = 1 << 20;
const OCTETS = 1024 * MIB;
const program = (app) => fileURLToPath(new URL(`../../apps/${app}/dist/main.js`, import.meta.url));
const plainCopy = fileURLToPath(new URL('plain-copy.mjs', import.meta.url));

/** Octets per second of the plain copy of a file. */
async function limit(path) {
  const ends = pipe(MIB);
  setNonBlocking(ends.writeEnd);
  const reader = spawn(process.execPath, [plainCopy, 'read', String(OCTETS)], {
    stdio: [ends.readEnd, 'inherit', 'inherit'],
  });
  const writer = spawn(process.execPath, [plainCopy, 'write', path, String(OCTETS)], {
    stdio: ['ignore', ends.writeEnd, 'pipe'],
  });
  closeDescriptor(ends.readEnd);
  closeDescriptor(ends.writeEnd);
  let milliseconds = '';
  writer.stderr.setEncoding('utf8').on('data', (text) => (milliseconds += text));
  await Promise.all([once(reader, 'close'), once(writer, 'close')]);
  return (OCTETS / Number(milliseconds)) * 1000;
}

class Pair {
  #folder = mkdtempSync(join(tmpdir(), 'mig-bench-'));
  #hosts = [0, 1].map((n) => join(this.#folder, `host${n}`));
  #at = 0;

  #xl(host, ...args) {
    const env = { ...process.env, MIG_HOST_DIR: this.#hosts[host] };
    const result = spawnSync(process.execPath, [program('xl'), ...args], { env, encoding: 'utf8' });
    if (result.status !== 0) throw new Error(`xl ${args.join(' ')}: ${result.stderr}`);
    return result.stdout;
  }

  /** A domain of which every page but a few is written once, and then left alone. */
  async create() {
    const file = join(this.#folder, 'full.cfg');
    const pages = OCTETS / 4096 - 1024;
    const command = `pages=${pages} rate=1`;
    writeFileSync(file, `name="full"\ntype="wasm"\nkernel="wss"\nmemory=1024\ncmdline="${command}"\n`);
    this.#xl(0, 'create', file);
    const { promise, done } = this.#filled();
    await promise;
    done();
  }

  #filled() {
    const child = spawn(process.execPath, [program('xl'), 'console', '-f', 'full'], {
      env: { ...process.env, MIG_HOST_DIR: this.#hosts[0] },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    child.stdout.setEncoding('utf8');
    const promise = new Promise((resolve) => {
      let seen = '';
      child.stdout.on('data', (text) => {
        seen += text;
        if (/written=[1-9]/.test(seen)) resolve();
      });
    });
    return { promise, done: () => child.kill() };
  }

  /** The report of a migration to the other host. */
  migrate() {
    const target = `MIG_HOST_DIR=${this.#hosts[1 - this.#at]} exec ${process.execPath} ${program('xl-receive')}`;
    const out = this.#xl(this.#at, 'migrate', '--json', '-s', '', 'full', target);
    this.#at = 1 - this.#at;
    return JSON.parse(out.trim().split('\n').at(-1));
  }

  /** The file that is the domain's RAM. */
  ram() {
    const domains = join(this.#hosts[this.#at], 'domains');
    const [domid] = readdirSync(domains);
    const { pid } = JSON.parse(readFileSync(join(domains, domid, 'process.json'), 'utf8'));
    const descriptors = `/proc/${pid}/fd`;
    const number = readdirSync(descriptors).find((fd) =>
      readlinkSync(join(descriptors, fd)).startsWith('/memfd:'),
    );
    return join(descriptors, number);
  }

  close() {
    this.#xl(this.#at, 'destroy', 'full');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

export async function benchFirstPass() {
  const pair = new Pair();
  await pair.create();
  const [plain, mig, whole] = [[], [], []];
  try {
    for (let run = 0; run < RUNS; run++) {
      plain.push((await limit(pair.ram())) / MIB);
      const { passes, octetsSent, totalMilliseconds } = pair.migrate();
      mig.push(((passes[0].octets / passes[0].milliseconds) * 1000) / MIB);
      whole.push(((octetsSent / totalMilliseconds) * 1000) / MIB);
    }
  } finally {
    pair.close();
  }
  console.log(`1 GiB through a pipe of 1 MiB, MiB/s, median (least to most) of ${RUNS} alternating runs`);
  console.log(`  the limit, a plain copy      ${spread(plain, 0)}`);
  console.log(`  first pass of xl migrate     ${spread(mig, 0)}`);
  console.log(`  the whole of xl migrate      ${spread(whole, 0)}`);
  console.log(`  first pass / limit           ${(summary(mig).median / summary(plain).median).toFixed(2)}`);
}
