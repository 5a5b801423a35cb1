// pnpm bench: what mig costs beside the plainest way to do the same, and what its options do.
import { benchFirstPass } from './first-pass.mjs';
import { benchLaterPass } from './later-pass.mjs';
import { benchMemory } from './memory.mjs';
import { benchSettings } from './settings.mjs';

for (const bench of [benchFirstPass, benchLaterPass, benchSettings, benchMemory]) {
  await bench();
  console.log();
}
