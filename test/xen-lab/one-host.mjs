/** One boot of the lab with some of the cases, and their results. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { boot } from './boot.mjs';
import { bringBack } from './results.mjs';
import { prepareShare } from './share.mjs';
import { secondsFor } from './stage.mjs';
import { readVerdicts } from './verdicts.mjs';

/**
 * @typedef {object} LabRun
 * @property {import('./verdicts.mjs').Verdict[]} verdicts
 * @property {string} results the folder with its logs
 * @property {string | undefined} [trouble] why the lab itself failed
 */

/**
 * @param {object} lab
 * @param {string} lab.name of its folders
 * @param {string} lab.stage where its share is made
 * @param {string} lab.image
 * @param {string | undefined} [lab.disk]
 * @param {string | undefined} [lab.xenOptions] of the machine
 * @param {number} lab.seconds that it may take
 * @param {import('./case-files.mjs').Case[]} lab.cases
 * @returns {Promise<LabRun>}
 */
export async function runLab({ name, stage, image, disk, xenOptions, cases, seconds }) {
  const share = join(stage, name);
  mkdirSync(share);
  let trouble;
  try {
    prepareShare(share, { cases });
    const timeoutSeconds = Math.min(secondsFor(cases), seconds);
    const more = { ...(disk !== undefined && { disk }), ...(xenOptions !== undefined && { xenOptions }) };
    const { ready, done } = await boot({ image, share, ...more, timeoutSeconds, tell });
    console.log(`${name}: dom0 was up after ${ready} s and done after ${done} s`);
  } catch (error) {
    trouble = `${name}: ${error instanceof Error ? error.message : String(error)}`;
  }
  const results = bringBack(share, name);
  return { verdicts: readVerdicts(join(results, 'out'), cases), results, trouble };
}

/**
 * Prints the verdicts as they come.
 * @param {string} line of the console
 */
function tell(line) {
  if (/^(PASS|FAIL) /.test(line)) console.log(line);
}
