// Performs one case on real processes, from its setup to the observation.
import { operate } from './operator/operate.mjs';
import { Scene } from './scene.mjs';
import { inject } from './inject.mjs';

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
    await scene.setUp();
    await (it.operator === undefined ? inject(scene, it) : operate(scene, it));
    return scene.skipped === undefined ? await scene.observe() : { skipped: scene.skipped };
  } finally {
    await scene.close();
  }
}
