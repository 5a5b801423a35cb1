/** Runs cases of migration on a real Xen, in software: boots the lab, lets its dom0 run them, says what came of it. */
import { takeArguments } from './arguments.mjs';
import { inParts } from './case-files.mjs';
import { ensureImage } from './image.mjs';
import { runLab } from './one-host.mjs';
import { report, showFailures } from './report.mjs';
import { clearResults } from './results.mjs';
import { makeMigDisk, makeStage } from './stage.mjs';
import { inOrder, secondTries } from './verdicts.mjs';

/** More failures than these are nobody's bad luck. */
const MOST_AGAIN = 4;

/** Of the time, where a second try may be needed. */
const FIRST_SHARE = 0.7;

const { cases, xen, keep, stock, seconds, labs, again } = takeArguments('pnpm test:xen', 'cases');
const lab = `xen-${xen}`;
const stage = makeStage({ keep });
const began = performance.now();
const secondsLeft = () => seconds - (performance.now() - began) / 1000;

try {
  clearResults(lab);
  const disk = stock ? undefined : makeMigDisk(stage);
  const machine = { stage, disk, image: await ensureImage(xen) };
  const parts = inParts(cases, labs);
  const firstSeconds = secondsLeft() * (again ? FIRST_SHARE : 1);
  const runs = await Promise.all(
    parts.map((part, i) => {
      const name = parts.length === 1 ? lab : `${lab}-${i + 1}`;
      return runLab({ ...machine, name, cases: part, seconds: firstSeconds });
    }),
  );
  const verdicts = inOrder(
    cases,
    runs.flatMap((run) => run.verdicts),
  );
  const failed = verdicts.filter(({ passed }) => !passed);
  if (again && failed.length > 0 && failed.filter(({ ran }) => ran).length <= MOST_AGAIN) {
    showFailures(runs);
    console.log(`\nonce more: ${failed.map(({ name }) => name).join(' ')}\n`);
    const those = cases.filter(({ name }) => failed.some((verdict) => verdict.name === name));
    const second = await runLab({ ...machine, name: `${lab}-again`, cases: those, seconds: secondsLeft() });
    report({ verdicts: secondTries(verdicts, second.verdicts), runs: [second] });
  } else {
    report({ verdicts, runs });
  }
} catch (error) {
  console.error(error.message);
  process.exitCode = 1;
}
