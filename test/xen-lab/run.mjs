/**
 * Runs migration cases on a real Xen, in software: boots the lab, lets its dom0 run them, and reports the
 * results.
 */
import { takeArguments } from './arguments.mjs';
import { byXenOptions, inParts } from './case-files.mjs';
import { ensureImage } from './image.mjs';
import { runLab } from './one-host.mjs';
import { report, showFailures } from './report.mjs';
import { clearResults } from './results.mjs';
import { makeMigDisk, makeStage } from './stage.mjs';
import { inOrder, secondTries } from './verdicts.mjs';

/** Most failures that are tried again: more are not chance. */
const MOST_AGAIN = 4;

/** Seconds that a second try needs at least: a boot, and a case. */
const LEAST_AGAIN = 180;

const { cases, xen, keep, stock, seconds, labs, again } = takeArguments('pnpm test:xen', 'cases');
const lab = `xen-${xen}`;
const stage = makeStage({ keep });
const began = performance.now();
const secondsLeft = () => seconds - (performance.now() - began) / 1000;

try {
  clearResults(lab);
  const disk = stock ? undefined : makeMigDisk(stage);
  const machine = { stage, ...(disk && { disk }), image: await ensureImage(xen) };
  const parts = inParts(cases, labs);
  const firstRuns = await Promise.all(
    parts.map((part, i) => {
      const name = parts.length === 1 ? lab : `${lab}-${i + 1}`;
      return runPart(machine, name, part);
    }),
  );
  const runs = firstRuns.flat();
  const verdicts = inOrder(
    cases,
    runs.flatMap((run) => run.verdicts),
  );
  const failed = verdicts.filter(({ passed }) => !passed);
  const isWorthwhile = failed.length > 0 && failed.filter(({ ran }) => ran).length <= MOST_AGAIN;
  if (again && isWorthwhile && secondsLeft() > LEAST_AGAIN) {
    showFailures(runs);
    console.log(`\nonce more: ${failed.map(({ name }) => name).join(' ')}\n`);
    const those = cases.filter(({ name }) => failed.some((verdict) => verdict.name === name));
    const second = await runPart(machine, `${lab}-again`, those);
    const secondVerdicts = second.flatMap((run) => run.verdicts);
    report({ verdicts: secondTries(verdicts, secondVerdicts), runs: second });
  } else {
    report({ verdicts, runs });
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

/**
 * Runs cases; those that need other boot options of Xen have a boot of their own, one after the other.
 * @param {{ stage: string, image: string, disk?: string }} machine
 * @param {string} name of its folders
 * @param {import('./case-files.mjs').Case[]} cases
 * @returns {Promise<import('./one-host.mjs').LabRun[]>}
 */
async function runPart(machine, name, cases) {
  /** @type {import('./one-host.mjs').LabRun[]} */
  const runs = [];
  for (const group of byXenOptions(cases)) {
    const boot = runs.length === 0 ? name : `${name}-boot-${runs.length + 1}`;
    runs.push(await runLab({ ...machine, ...group, name: boot, seconds: secondsLeft() }));
  }
  return runs;
}
