/**
 * Runs cases of migration between two machines, each with a Xen of its own, by ssh over a link that only they are on.
 * The cases run on host1.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeArguments } from './arguments.mjs';
import { boot } from './boot.mjs';
import { needPrograms } from './host.mjs';
import { ensureImage } from './image.mjs';
import { makeKeys } from './keys.mjs';
import { toConnect } from './packages.mjs';
import { report } from './report.mjs';
import { bringBack } from './results.mjs';
import { prepareShare } from './share.mjs';
import { makeMigDisk, makeStage, secondsFor } from './stage.mjs';
import { readVerdicts } from './verdicts.mjs';

/** Milliseconds for host2 to go off when host1 has. */
const patience = 60_000;

/* global AbortController */

const { cases, keep, stock, seconds } = takeArguments('pnpm test:xen:two-hosts', 'cases/two-hosts');
const stage = makeStage({ keep });

const hosts = [1, 2].map((number) => ({
  name: `host${number}`,
  address: `10.77.0.${number}/24`,
  mac: `52:54:00:77:00:0${number}`,
  own: join(stage, `link${number}`),
  other: join(stage, `link${3 - number}`),
}));
const shares = hosts.map(({ name }) => join(stage, name));
shares.forEach((share) => mkdirSync(share));

let trouble;
try {
  needPrograms(toConnect);
  const ssh = join(stage, 'ssh');
  makeKeys(ssh, hosts);
  shares.forEach((share, i) => {
    prepareShare(share, { cases, peer: i > 0, sources: [{ source: ssh, name: 'ssh' }] });
  });
  const disk = stock ? undefined : makeMigDisk(stage);
  await bootBoth({ image: await ensureImage(), disk, timeoutSeconds: Math.min(secondsFor(cases), seconds) });
} catch (error) {
  trouble = error.message;
}
const [results, peer] = shares.map((share, i) => bringBack(share, `two-hosts-${hosts[i].name}`));
// host1 has the verdicts; of what a case left on host2 there is no other word than its logs.
const verdicts = readVerdicts(join(results, 'out'), cases);
report({
  verdicts,
  runs: [
    { verdicts, results, trouble },
    { verdicts, results: peer },
  ],
});

/** When one has failed the other has nothing to wait for. */
async function bootBoth(machine) {
  const end = new AbortController();
  const runs = shares.map((share, i) => {
    const tell = (line) => {
      if (/^(PASS|FAIL) /.test(line)) console.log(line);
    };
    return boot({ ...machine, share, network: hosts[i], signal: end.signal, tell }).catch((error) => {
      end.abort();
      throw new Error(`${hosts[i].name}: ${error.message}`, { cause: error });
    });
  });
  const timer = runs[0].then(
    () => setTimeout(() => end.abort(), patience),
    () => undefined,
  );
  const outcomes = await Promise.allSettled(runs);
  clearTimeout(await timer);
  outcomes.forEach(({ value }, i) => {
    if (value) console.log(`${hosts[i].name} was up after ${value.ready} s and done after ${value.done} s`);
  });
  const failures = outcomes.filter(({ status }) => status === 'rejected').map(({ reason }) => reason.message);
  if (failures.length > 0) throw new Error(failures.join('\n\n'));
}
