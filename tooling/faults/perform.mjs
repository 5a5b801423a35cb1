// One case on real processes, from its setting to what was seen of it.
import { operate } from './operator/operate.mjs';
import { Scene } from './scene.mjs';
import { strike } from './strike.mjs';

/** @param {import('./strata.mjs').Case} it */
export async function perform(it, folder) {
  const scene = new Scene(it, folder);
  try {
    await scene.set();
    await (it.operator === undefined ? strike : operate)(scene);
    return scene.seen.skipped === undefined ? await scene.look() : scene.seen;
  } finally {
    await scene.close();
  }
}
