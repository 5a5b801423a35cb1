// pnpm bench: what mig costs beside the plainest way to do the same.
import { benchFirstPass } from './first-pass.mjs';
import { benchLaterPass } from './later-pass.mjs';

await benchFirstPass();
console.log();
await benchLaterPass();
