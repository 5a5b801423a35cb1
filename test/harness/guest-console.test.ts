import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { flaws, GuestConsole } from './guest-console.js';

let folder: string;
const open: GuestConsole[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-console-'));
});

afterEach(() => {
  for (const console of open.splice(0)) console.close();
  rmSync(folder, { recursive: true });
});

function saying(...lines: readonly string[]): GuestConsole {
  const path = join(folder, String(open.length));
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  const console = new GuestConsole(path);
  open.push(console);
  return console;
}

const tick = (number: number, errors = 0): string =>
  `tick ${number} 1795382476324 errors=${errors} verified=0`;

const lives: readonly { readonly what: string; readonly consoles: string[][]; readonly flaws: string[] }[] = [
  {
    what: 'one life on two hosts',
    consoles: [
      [tick(1), tick(2)],
      ['hello', tick(3)],
    ],
    flaws: [],
  },
  {
    what: 'a lost tick',
    consoles: [[tick(1)], [tick(3)]],
    flaws: ['tick 3 does not follow on the one before'],
  },
  {
    what: 'a repeated tick',
    consoles: [[tick(1), tick(2)], [tick(2)]],
    flaws: ['tick 2 does not follow on the one before'],
  },
  { what: 'a failed check', consoles: [[tick(1), tick(2, 3)]], flaws: ['3 failed checks of memory'] },
  { what: 'a complaint', consoles: [[tick(1), 'error: page 3']], flaws: ['error: page 3'] },
  { what: 'silence', consoles: [[], []], flaws: ['no tick at all'] },
];

test.for(lives)('$what', ({ consoles, flaws: expected }) => {
  expect(flaws(...consoles.map((lines) => saying(...lines)))).toEqual(expected);
});
