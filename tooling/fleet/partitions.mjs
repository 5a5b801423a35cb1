// Empties hosts by jobs at a Redis server while lines are cut: each host is in a network namespace of its own, and so is the
// server. A cut lasts for some seconds, or until the run has ended or waits. Ends with status 0 only if every run ended, no guest
// was on two hosts, each that was on none was suspended where the run has said that a person must look, and no tick was lost
// or repeated. Then it does what a person would. Needs root, ip(8), tc(8) with its tbf, and redis-server.
//
// usage: node tooling/fleet/partitions.mjs [--runs N] [--minutes N] [--seed N] [--guests N] [--rate MBIT]
import { once } from 'node:events';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { domainsOf, Guests } from '../demo/guests.mjs';
import { environment, makePath, program } from '../demo/hosts.mjs';
import { Random } from '../fuzz/random.mjs';
import { removeTemporaryFolder, temporaryFolder } from '../temporary-folder.mjs';
import { cuts, Network } from './network.mjs';
import { fullestOf, serverProgram, Service } from './service.mjs';

/** @import { Host } from '../demo/hosts.mjs' */

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '10' },
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    guests: { type: 'string', default: '4' },
    rate: { type: 'string', default: '100' },
  },
});
/** Milliseconds for a run to end, once no line is cut for a time any more. */
const LONGEST = 400_000;
/** Milliseconds after which a line is mended without which no run can end. */
const LONG = 60_000;
/** Endings of the names of copies that nobody runs. */
const COPIES = /--(incoming|migratedaway)$/;

const folder = temporaryFolder('mig-partitions-');
const ssh = join(folder, 'ssh');
const serverFolder = join(folder, 'server');
/** @type {readonly Host[]} */
const hosts = ['left', 'right', 'top'].map((name) => ({ name, folder: join(folder, name) }));
const network = new Network([...hosts.map(({ name }) => name), 'server'], `${values.rate}mbit`);
process.on('exit', () => network.close());
const path = makePath(folder);
const PATH = `${path}:${process.env['PATH']}`;
const engine = ['--engine', `redis://${network.addressOf('server')}:6379`];

/** @param {Host} host @param {string[]} args */
function xl(host, ...args) {
  return network.start(host.name, [process.execPath, program('xl'), ...args], { ...environment(host), PATH });
}

/** @param {Host} host @param {string[]} args @returns {Promise<{ status: number | null, said: string }>} */
async function done(host, ...args) {
  const child = xl(host, ...args);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (said += String(text)));
  const [status] = await once(child, 'close');
  return { status, said };
}

/** @param {Random} random @param {Host} source */
async function cutLines(random, source) {
  /** @type {string[]} */
  const log = [];
  for (let left = random.from(1, 2); left > 0; left--) {
    await setTimeout(random.from(500, 15_000));
    const place = network.places[random.below(network.places.length)] ?? '';
    const how = cuts[random.below(cuts.length)] ?? 'cable';
    const isForGood = left === 1 && random.below(3) === 0;
    const isNeeded = place === source.name || place === 'server';
    const seconds = random.from(1, 25);
    network.cut(place, how);
    log.push(`${place} ${how} ${isForGood ? 'for good' : `${seconds} s`}`);
    if (!isForGood) await setTimeout(seconds * 1000);
    else if (isNeeded) await setTimeout(LONG);
    else return { log, cut: place };
    network.mend(place);
  }
  return { log, cut: undefined };
}

/** Finds what a run has said of a person, by the names of the domains. @param {string} said */
function forPerson(said) {
  return said.split('\n').flatMap((line) => {
    if (!line.startsWith('{')) return [];
    const { event, state, domain } = JSON.parse(line);
    return event === 'domain' && state === 'person' ? [String(domain)] : [];
  });
}

/**
 * Does what a person would, once all lines are mended: a guest that no host runs is revived where it is suspended, and an old
 * copy of one that runs is destroyed.
 * @param {readonly string[]} told the guests for which a person was asked
 */
async function mendGuests(told) {
  /** @type {string[]} */
  const faults = [];
  // Copies that arrive end with their connections, or by their timeouts.
  const deadline = performance.now() + LONGEST;
  const places = () => hosts.flatMap((host) => domainsOf(host.folder).map(({ name }) => ({ host, name })));
  while (places().some(({ name }) => name.endsWith('--incoming')) && performance.now() < deadline) {
    await setTimeout(500);
  }
  for (const { host, name } of places().filter(({ name }) => COPIES.test(name))) {
    const own = name.replace(COPIES, '');
    if (!told.includes(own)) faults.push(`${name} is left at ${host.name}, and no person was asked for`);
    const runs = places().some((each) => each.name === own);
    const { status, said } = await (runs
      ? done(host, 'destroy', name)
      : done(host, 'resume', '--force', name));
    if (status !== 0) faults.push(`${name} at ${host.name}: ${said}`);
  }
  return faults;
}

/** @param {Random} random @param {Host} source @param {readonly Service[]} services */
async function runOnce(random, source, services) {
  let isCalm = false;
  let all = '';
  const to = hosts.filter((each) => each !== source).map(({ name }) => name);
  const limits = ['--to', to.join(), '--out', '2', '--in', '2', '--link', `${values.rate}Mbit/s`];
  const words = ['evacuate', '--json', '-s', ssh, '--name', source.name, ...limits, ...engine];
  const disturbance = cutLines(random, source).then((what) => {
    isCalm = true;
    return what;
  });
  const ended = (async () => {
    for (;;) {
      const wasCalm = isCalm;
      const { status, said } = await done(source, ...words);
      all += said;
      if (status === 3 || (status === 0 && domainsOf(source.folder).length === 0)) return [];
      // What has failed may succeed again; what stays when nothing is cut for a time has ended, too.
      if (wasCalm && status === 1 && said.includes('"event":"end"')) return [];
      await setTimeout(500);
    }
  })();
  const { log, cut } = await disturbance;
  const late = setTimeout(LONGEST, ['it does not end'], { ref: false });
  /** @type {string[]} */
  const faults = await Promise.race([ended, late]);
  if (cut !== undefined) network.mend(cut);
  const told = forPerson(all);
  faults.push(...(await mendGuests(told)));
  return {
    faults: faults.length === 0 ? [] : [...faults, all.slice(-6000), ...services.map(({ said }) => said)],
    log,
    told,
  };
}

const deadline = performance.now() + Number(values.minutes) * 60_000;
try {
  network.writeSsh(ssh);
  for (const { name } of hosts) await network.serve(name, { ...process.env, PATH, MIG_HOSTS: folder });
  mkdirSync(serverFolder);
  const server = new Service('server', () => {
    const options = ['--bind', '0.0.0.0', '--protected-mode', 'no', '--dir', serverFolder, '--save', ''];
    const words = [serverProgram, ...options, '--appendonly', 'yes'];
    return network.start('server', words, process.env);
  });
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

  let [runs, broken, asked] = [0, 0, 0];
  while (runs < Number(values.runs) && performance.now() < deadline) {
    const random = new Random(Number(values.seed) + runs);
    const source = fullestOf(hosts);
    const began = performance.now();
    const { faults, log, told } = await runOnce(random, source, workers);
    faults.push(...guests.find(), ...(await guests.tickOn(1, 60_000)), ...guests.faults);
    await done(source, 'uncordon');
    runs++;
    asked += told.length;
    const seconds = ((performance.now() - began) / 1000).toFixed(0);
    const person = told.length === 0 ? '' : `, a person for ${told.join()}`;
    console.log(
      `run ${runs}, seed ${Number(values.seed) + runs - 1}, ${source.name}, cut: ${log.join(', ')}${person}: ${faults.join('\n') || 'well'} (${seconds} s)`,
    );
    if (faults.length > 0) {
      broken++;
      break;
    }
  }
  for (const service of [server, ...workers]) await service.kill();
  console.log(
    `${runs} runs, ${broken} broken; a person was asked for ${asked} times; ${guests.ticks} ticks of the guests`,
  );
  process.exitCode = broken === 0 ? 0 : 1;
} finally {
  rmSync(serverFolder, { recursive: true, force: true });
  removeTemporaryFolder(folder);
}
// A run that does not end is no longer waited for.
process.exit();
