/**
 * Runs cases of migration between two machines, each with a Xen of its own, by ssh over a link that only they are on.
 * The cases run on host1. Those that need other versions of Xen have a boot of their own.
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

/** Milliseconds for host2 to go off when host1 has. */
const patience = 60_000;

/* global AbortController */

const { cases, xen, keep, stock, seconds } = takeArguments('pnpm test:xen:two-hosts', 'cases/two-hosts');
const stage = makeStage({ keep });
const began = performance.now();
const secondsLeft = () => seconds - (performance.now() - began) / 1000;

try {
  needPrograms(toConnect);
  const disk = stock ? undefined : makeMigDisk(stage);
  const runs = [];
  // One after the other: two machines are as many as there are cores.
  for (const group of byHosts(cases, xen)) runs.push(...(await runBetween(group, disk)));
  const verdicts = inOrder(
    cases,
    runs.flatMap((run) => run.verdicts),
  );
  report({ verdicts, runs });
} catch (error) {
  console.error(error.message);
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
  const hosts = [first, second].map((xen, i) => ({
    xen,
    share: join(folder, `host${i + 1}`),
    network: {
      name: `host${i + 1}`,
      address: `10.77.0.${i + 1}/24`,
      mac: `52:54:00:77:00:0${i + 1}`,
      own: join(folder, `link${i + 1}`),
      other: join(folder, `link${2 - i}`),
    },
  }));
  let trouble;
  try {
    const ssh = join(folder, 'ssh');
    makeKeys(
      ssh,
      hosts.map(({ network }) => network),
    );
    const machines = [];
    for (const { xen, share, network } of hosts) {
      mkdirSync(share);
      const peer = machines.length > 0;
      prepareShare(share, { cases, peer, sources: [{ source: ssh, name: 'ssh' }] });
      machines.push({ share, network, disk, image: await ensureImage(xen) });
    }
    await bootBoth(machines, Math.min(secondsFor(cases), secondsLeft()));
  } catch (error) {
    trouble = error.message;
  }
  const [own, peer] = hosts.map(({ share, network }) => bringBack(share, `${between}-${network.name}`));
  // host1 has the verdicts; of what a case left on host2 there is no other word than its logs.
  const verdicts = readVerdicts(join(own, 'out'), cases);
  return [
    { verdicts, results: own, trouble },
    { verdicts, results: peer },
  ];
}

/** When one has failed the other has nothing to wait for. */
async function bootBoth(machines, timeoutSeconds) {
  const end = new AbortController();
  const runs = machines.map((machine) => {
    const tell = (line) => {
      if (/^(PASS|FAIL) /.test(line)) console.log(line);
    };
    return boot({ ...machine, timeoutSeconds, signal: end.signal, tell }).catch((error) => {
      end.abort();
      throw new Error(`${machine.network.name}: ${error.message}`, { cause: error });
    });
  });
  const timer = runs[0].then(
    () => setTimeout(() => end.abort(), patience),
    () => undefined,
  );
  const outcomes = await Promise.allSettled(runs);
  clearTimeout(await timer);
  outcomes.forEach(({ value }, i) => {
    const { name } = machines[i].network;
    if (value) console.log(`${name} was up after ${value.ready} s and done after ${value.done} s`);
  });
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}
