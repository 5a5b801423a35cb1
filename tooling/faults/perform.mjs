// Performs one case on real processes, from its setup to the observation.
import { operate } from './operator/operate.mjs';
import { Scene } from './scene.mjs';
import { strike } from './strike.mjs';

/** @import { Case } from './strata.mjs' */
/** @import { Seen, Skipped } from './scene.mjs' */

/**
 * @param {Case} it
 * @param {string} folder for the case alone
 * @returns {Promise<Seen | Skipped>}
 */
export async function perform(it, folder) {
  const scene = new Scene(it, folder);
  try {
    await scene.set();
    await (it.operator === undefined ? strike(scene, it) : operate(scene, it));
    return scene.skipped === undefined ? await scene.look() : { skipped: scene.skipped };
  } finally {
    await scene.close();
  }
}
