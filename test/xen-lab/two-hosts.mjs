/**
 * Runs migration cases between two machines, each with its own Xen, by ssh over a private link. The cases
 * run on host1. Those that need other versions of Xen have a boot of their own.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeArguments } from './arguments.mjs';
import { boot } from './boot.mjs';
import { byHosts } from './case-files.mjs';
import { needPrograms } from './host.mjs';
import { ensureImage } from './image.mjs';
import { makeKeys } from './keys.mjs';
import { toConnect } from './packages.mjs';
import { report } from './report.mjs';
import { bringBack } from './results.mjs';
import { prepareShare } from './share.mjs';
import { makeMigDisk, makeStage, secondsFor } from './stage.mjs';
import { inOrder, readVerdicts } from './verdicts.mjs';

/** @import { Machine, Network } from './machine.mjs' */

/** @typedef {{ xen: string, share: string, network: Network }} Host */
/** @typedef {Machine & { network: Network }} NetworkedMachine */

/** Milliseconds for host2 to power off after host1. */
const timeout = 60_000;

const { cases, xen, keep, stock, seconds } = takeArguments('pnpm test:xen:two-hosts', 'cases/two-hosts');
const stage = makeStage({ keep });
const began = performance.now();
const secondsLeft = () => seconds - (performance.now() - began) / 1000;

try {
  needPrograms(toConnect);
  const disk = stock ? undefined : makeMigDisk(stage);
  /** @type {import('./one-host.mjs').LabRun[]} */
  const runs = [];
  // One after the other: two machines are as many as there are cores.
  for (const group of byHosts(cases, xen)) runs.push(...(await runBetween(group, disk)));
  const verdicts = inOrder(
    cases,
    runs.flatMap((run) => run.verdicts),
  );
  report({ verdicts, runs });
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/**
 * @param {{ hosts: [string, string], cases: import('./case-files.mjs').Case[] }} group
 * @param {string | undefined} disk
 * @returns {Promise<import('./one-host.mjs').LabRun[]>} of host1 and of host2
 */
async function runBetween({ hosts: [first, second], cases }, disk) {
  const between = `xen-${first}-to-${second}`;
  const folder = join(stage, between);
  mkdirSync(folder);
  /** @type {(xen: string, number: 1 | 2) => Host} */
  const host = (xen, number) => ({
    xen,
    share: join(folder, `host${number}`),
    network: {
      name: `host${number}`,
      address: `10.77.0.${number}/24`,
      mac: `52:54:00:77:00:0${number}`,
      own: join(folder, `link${number}`),
      other: join(folder, `link${3 - number}`),
    },
  });
  const [host1, host2] = [host(first, 1), host(second, 2)];
  const hosts = [host1, host2];
  /** @type {string | undefined} */
  let trouble;
  try {
    const ssh = join(folder, 'ssh');
    makeKeys(
      ssh,
      hosts.map(({ network }) => network),
    );
    /** @type {NetworkedMachine[]} */
    const machines = [];
    for (const { xen, share, network } of hosts) {
      mkdirSync(share);
      const peer = machines.length > 0;
      prepareShare(share, { cases, peer, sources: [{ source: ssh, name: 'ssh' }] });
      machines.push({ share, network, ...(disk && { disk }), image: await ensureImage(xen) });
    }
    await bootBoth(machines, Math.min(secondsFor(cases), secondsLeft()));
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
  /** @param {Host} from */
  const results = ({ share, network }) => bringBack(share, `${between}-${network.name}`);
  const [own, peer] = [results(host1), results(host2)];
  // host1 has the verdicts; host2 has only the logs of a case.
  const verdicts = readVerdicts(join(own, 'out'), cases);
  return [
    { verdicts, results: own, trouble },
    { verdicts, results: peer },
  ];
}

/**
 * Boots both; when one has failed the other is stopped.
 * @param {readonly NetworkedMachine[]} machines
 * @param {number} timeoutSeconds
 */
async function bootBoth(machines, timeoutSeconds) {
  const end = new AbortController();
  const runs = machines.map((machine) => {
    /** @param {string} line */
    const tell = (line) => {
      if (/^(PASS|FAIL) /.test(line)) console.log(line);
    };
    const { name } = machine.network;
    return boot({ ...machine, timeoutSeconds, signal: end.signal, tell }).then(
      (booted) => ({ name, booted }),
      (/** @type {Error} */ error) => {
        end.abort();
        throw new Error(`${name}: ${error.message}`, { cause: error });
      },
    );
  });
  const timer = runs[0]?.then(
    () => setTimeout(() => end.abort(), timeout),
    () => undefined,
  );
  const outcomes = await Promise.allSettled(runs);
  clearTimeout(await timer);
  /** @type {string[]} */
  const failures = [];
  for (const outcome of outcomes) {
    if (outcome.status === 'rejected') failures.push(outcome.reason.message);
    else {
      const { name, booted } = outcome.value;
      console.log(`${name} was up after ${booted.ready} s and done after ${booted.done} s`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}
