import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PageOrder } from '../run-page/view.js';
import { runOf } from '../run-page/view.test-support.js';
import { Journal } from './journal.js';
import { obey } from './journal-source.js';

let folder: string;
let journal: Journal;
const run = runOf([]);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-serve-'));
  journal = new Journal(folder);
  journal.lock();
  const asked = { name: 'source', asked: '', names: [], sshCommand: 'ssh' };
  journal.write({ schema: 1, ...asked, cordoned: true, downtimes: {}, run });
});
afterEach(() => {
  journal.close();
  rmSync(folder, { recursive: true });
});

test.for([
  ['pause', 'pause', 'The run is paused already.'],
  ['abort', 'pause', 'The run is being aborted.'],
  ['abort', 'go', 'The run is being aborted.'],
] as const satisfies (readonly [PageOrder, PageOrder, string])[])(
  'the page refuses what it does not offer: after %s, %s',
  async ([before, order, message]) => {
    journal.want(run.id, before);
    expect(await obey(journal, run.id, order)).toEqual({ isTaken: false, message });
    expect(journal.wanted(run.id)).toBe(before);
  },
);
