/** Runs cases of migration on a real Xen, in software: boots the lab, lets its dom0 run them, says what came of it. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { takeArguments } from './arguments.mjs';
import { boot } from './boot.mjs';
import { ensureImage } from './image.mjs';
import { report } from './report.mjs';
import { bringBack } from './results.mjs';
import { prepareShare } from './share.mjs';
import { makeMigDisk, makeStage, secondsFor } from './stage.mjs';

const { cases, keep, stock } = takeArguments('pnpm test:xen', 'cases');
const stage = makeStage({ keep });
const share = join(stage, 'share');
mkdirSync(share);

let trouble;
try {
  prepareShare(share, { cases });
  const disk = stock ? undefined : makeMigDisk(stage);
  const image = await ensureImage();
  const { ready, done } = await boot({ image, share, disk, timeoutSeconds: secondsFor(cases), tell });
  console.log(`dom0 was up after ${ready} s and done after ${done} s`);
} catch (error) {
  trouble = error.message;
}
report({ cases, results: [bringBack(share, 'one-host')], trouble });

/** The verdicts as they come. */
function tell(line) {
  if (/^(PASS|FAIL) /.test(line)) console.log(line);
}
