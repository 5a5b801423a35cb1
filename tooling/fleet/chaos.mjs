// Empties hosts by jobs at a Redis server, again and again, and kills what drives it at random: the controller, the server
// (which keeps a log in every other run, and has forgotten all in the others), and the workers. Ends with status 0 only if every
// run ended, each guest was on one host at any end, and no tick of any was lost or repeated. Leaves nothing behind.
//
// MIG_REDIS_SERVER names another program for the server, such as valkey-server.
//
// usage: node tooling/fleet/chaos.mjs [--runs N] [--minutes N] [--seed N] [--guests N]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { domainsOf, Guests } from '../demo/guests.mjs';
import { environment, makePath, program, writeScript } from '../demo/hosts.mjs';
import { send } from '../faults/processes.mjs';
import { Random } from '../fuzz/random.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';
import { fullestOf, serverProgram, Service } from './service.mjs';

/** @import { ChildProcess } from 'node:child_process' */
/** @import { Host } from '../demo/hosts.mjs' */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    guests: { type: 'string', default: '5' },
  },
});
/** Milliseconds for a run to end, once nothing is killed any more. */
const LONGEST = 300_000;

const folder = temporaryFolder('mig-chaos-');
const ssh = join(folder, 'ssh');
const serverFolder = join(folder, 'server');
/** @type {readonly Host[]} */
const hosts = ['left', 'right', 'top'].map((name) => ({ name, folder: join(folder, name) }));

/** @param {Host} host @param {string[]} args */
function xl(host, ...args) {
  return spawn(process.execPath, [program('xl'), ...args], {
    env: environment(host),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** A port of its own, which nobody else has now. @returns {Promise<number>} */
async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return address !== null && typeof address === 'object' ? address.port : 0;
}

/** @param {Host} source @param {readonly string[]} engine @returns {Promise<{ status: number | null, said: string }>} */
async function evacuate(source, engine) {
  const to = hosts.filter((each) => each !== source).map(({ name }) => name);
  const limits = ['--to', to.join(), '--out', '2', '--in', '2', '--link', '1Gbit/s'];
  const child = xl(source, 'evacuate', '--json', '-s', ssh, '--name', source.name, ...limits, ...engine);
  controller = child;
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const [status] = await once(child, 'close');
  return { status, said };
}

/** @type {ChildProcess | undefined} */
let controller;
/** Number of times that each was killed, by name. @type {Record<string, number>} */
const kills = {};

/**
 * Empties a host while its controller, its worker and the server are killed.
 * @param {Random} random @param {Host} source @param {Service} worker @param {Service} server
 * @param {readonly string[]} engine
 * @returns {Promise<string[]>} what is wrong
 */
async function runOnce(random, source, worker, server, engine) {
  let isCalm = false;
  let lastSaid = '';
  const disturbance = (async () => {
    for (let left = random.from(1, 4); left > 0; left--) {
      await setTimeout(random.from(100, 4000));
      const victim = ['controller', 'worker', 'server'][random.below(3)] ?? '';
      kills[victim] = (kills[victim] ?? 0) + 1;
      if (victim === 'controller') {
        send(controller?.pid, 'SIGKILL');
        continue;
      }
      const service = victim === 'worker' ? worker : server;
      await service.kill();
      await setTimeout(random.from(0, 3000));
      service.start();
    }
    isCalm = true;
  })();
  const ended = (async () => {
    for (;;) {
      const wasCalm = isCalm;
      const { status, said } = await evacuate(source, engine);
      if (status === 3) return [`a person is asked for: ${said}`];
      // A controller that was killed, or found no server, is begun again, and so is one whose guests were left once.
      if (status === 0 && domainsOf(source.folder).length === 0) return [];
      if (wasCalm && status !== null) lastSaid = said;
      await setTimeout(200);
    }
  })();
  await disturbance;
  const late = setTimeout(LONGEST, ['it does not end'], { ref: false });
  const faults = await Promise.race([ended, late]);
  return faults.length === 0 ? [] : [...faults, lastSaid, worker.said];
}

const seed = Number(values.seed);
const deadline = performance.now() + Number(values.minutes) * 60_000;
try {
  const path = makePath(folder);
  writeScript(
    ssh,
    `host=$1; shift\nPATH='${path}':$PATH MIG_HOST_DIR='${folder}'/$host exec /bin/sh -c "$*"`,
  );
  mkdirSync(serverFolder);
  const port = String(await freePort());
  let log = 'yes';
  const server = new Service('server', () => {
    const options = ['--port', port, '--bind', '127.0.0.1', '--dir', serverFolder, '--save', ''];
    return spawn(serverProgram, [...options, '--appendonly', log, '--appendfsync', 'always'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  });
  const engine = ['--engine', `redis://127.0.0.1:${port}`];
  const workers = hosts.map(
    (host) =>
      new Service(host.name, () => xl(host, 'evacuate-worker', '--name', host.name, '-s', ssh, ...engine)),
  );
  const [first] = hosts;
  if (first === undefined) throw new Error('no host');
  const guests = new Guests(hosts, Number(values.guests));
  await guests.create(first, folder);
  guests.find();
  server.start();
  for (const worker of workers) worker.start();

  let [runs, broken] = [0, 0];
  while (runs < Number(values.runs) && performance.now() < deadline) {
    const random = new Random(seed + runs);
    const source = fullestOf(hosts);
    log = runs % 2 === 0 ? 'yes' : 'no';
    await server.kill();
    rmSync(serverFolder, { recursive: true });
    mkdirSync(serverFolder);
    server.start();
    const began = performance.now();
    const worker = workers[hosts.indexOf(source)];
    if (worker === undefined) throw new Error('no worker');
    const faults = await runOnce(random, source, worker, server, engine);
    faults.push(...guests.find(), ...(await guests.tickOn(1, 60_000)), ...guests.faults);
    await once(xl(source, 'uncordon'), 'close');
    runs++;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    console.log(
      `run ${runs}, seed ${seed + runs - 1}, log ${log}, ${source.name}: ${faults.join('\n') || 'well'} (${seconds} s)`,
    );
    if (faults.length > 0) {
      broken++;
      break;
    }
  }
  for (const service of [server, ...workers]) await service.kill();
  const killed = Object.entries(kills).map(([name, count]) => `${count} ${name}`);
  console.log(
    `${runs} runs, ${broken} broken; killed: ${killed.join(', ')}; ${guests.ticks} ticks of the guests`,
  );
  process.exitCode = broken === 0 ? 0 : 1;
} finally {
  removeTemporaryFolder(folder);
}
// A run that does not end is no longer waited for.
process.exit();
