// What there is to measure. Each part has a name, measures its rows, and makes a table of them.
import { downtime } from './downtime.mjs';
import { laterPasses } from './later-passes.mjs';
import { memory } from './memory.mjs';
import { settings } from './settings.mjs';
import { transfer } from './transfer.mjs';

export const parts = [transfer, laterPasses, downtime, settings, memory];
