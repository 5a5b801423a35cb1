/**
 * Tests of the compiled code kept between two starts: when it is used, and that a start without it works as
 * well.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const LAUNCHER = fileURLToPath(new URL('../tooling/launcher.cjs', import.meta.url));
const NOBODY = 65534;
const isRoot = process.getuid!() === 0;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-launcher-'));
  chmodSync(folder, 0o755);
  mkdirSync(path('dist'));
  copyFileSync(LAUNCHER, path('dist/launcher.cjs'));
  write('one');
});
afterEach(() => rmSync(folder, { recursive: true }));

const path = (name: string) => join(folder, name);
const cache = (name = '') => path(join('parent/cache', name));

/**
 * Writes a program that prints a word; V8 cannot tell it from another with a word of the same length, mig
 * by the first line.
 */
function write(word: string, firstLine = 'a program'): void {
  const program = `exports.say = () => process.stdout.write('${word}');`;
  writeFileSync(path('dist/program.cjs'), `// ${firstLine}\nconst exports = module.exports;\n${program}\n`);
}

interface Surroundings {
  readonly environment?: Readonly<Record<string, string>>;
  readonly uid?: number | undefined;
  /** Shell commands to run before it starts. */
  readonly before?: string;
}

/**
 * Starts the program.
 * @returns its output
 */
function start({ environment = { MIG_CACHE_DIR: cache() }, uid, before = '' }: Surroundings = {}): string {
  const script = `const program = require(${JSON.stringify(path('dist/launcher.cjs'))}).launch('program.cjs', 'program');
    program.exports.say();
    program.keep();`;
  const words = ['-c', `${before} exec "$0" "$@"`, process.execPath, '-e', script];
  const { status, signal, output } = spawnSync('/bin/sh', words, {
    env: { ...environment },
    encoding: 'utf8',
    timeout: 150_000,
    ...(uid !== undefined && { uid }),
  });
  const said = output.join('');
  return status === 0 ? said : `${said} and ended with ${status ?? signal ?? ''}`;
}

/** Replaces one program by the other, so that the first one's compiled code would be used for it. */
function keepOne(): void {
  mkdirSync(path('parent'));
  expect(start()).toBe('one');
  write('two');
}

describe('compiled code', () => {
  test('is kept at the first start, and used from then on', () => {
    keepOne();
    expect(readdirSync(cache())).toEqual(['program']);
    // Only the kept code can make it print that.
    expect(start()).toBe('one');
  });

  test('of another version is not used, and gives way to its own', () => {
    keepOne();
    write('two', 'its next version');
    expect(start()).toBe('two');
    expect(readdirSync(cache())).toEqual(['program']);
    write('six', 'its next version');
    expect(start()).toBe('two');
  });

  test.each<[string, (file: string) => void]>([
    ['has a wrong bit', (file) => writeFileSync(file, flip(readFileSync(file)))],
    ['has an end missing', (file) => truncateSync(file, statSync(file).size >> 1)],
    ['is empty', (file) => truncateSync(file, 0)],
    ['others can write', (file) => chmodSync(file, 0o622)],
    ['lies in a folder that others can write', () => chmodSync(cache(), 0o777)],
    ['is a link', (file) => (renameSync(file, `${file}.there`), symlinkSync(`${file}.there`, file))],
    ['is a pipe that nobody writes', (file) => (rmSync(file), execFileSync('mkfifo', [file]))],
    ['is a folder', (file) => (rmSync(file), mkdirSync(file))],
  ])('that %s is not used', (_, spoil) => {
    keepOne();
    spoil(cache('program'));
    expect(start()).toBe('two');
    expect(existsSync(cache('program.new'))).toBe(false);
  });

  test.each<[string, (fresh: string) => void]>([
    ['a start that was ended has left half of it', (fresh) => writeFileSync(fresh, 'half')],
    ['there is a pipe that nobody reads', (fresh) => execFileSync('mkfifo', [fresh])],
    ['there is a link to another file', (fresh) => symlinkSync(path('precious'), fresh)],
  ])('is kept where %s', (_, spoil) => {
    mkdirSync(cache(), { recursive: true, mode: 0o700 });
    writeFileSync(path('precious'), 'precious');
    spoil(cache('program.new'));
    expect(start()).toBe('one');
    write('two');
    expect(start()).toBe('one');
    expect(readdirSync(cache())).toEqual(['program']);
    expect(readFileSync(path('precious'), 'utf8')).toBe('precious');
  });

  test.skipIf(!isRoot).each([
    ['the file', 'program'],
    ['the folder', ''],
  ])("where %s is another user's is not used", (_, name) => {
    keepOne();
    chownSync(cache(name), NOBODY, NOBODY);
    expect(start()).toBe('two');
  });
});

function flip(octets: Buffer): Buffer {
  octets[octets.length >> 1]! ^= 1;
  return octets;
}

describe('where none can be kept a start says and leaves nothing', () => {
  test.each<[string, Surroundings]>([
    ['nowhere', { environment: { MIG_CACHE_DIR: '' } }],
    [
      'a folder whose path is relative',
      { environment: { MIG_CACHE_DIR: 'parent/cache' }, before: 'cd parent/..;' },
    ],
    [
      'a folder whose name is not UTF-8',
      { before: `export MIG_CACHE_DIR="$MIG_CACHE_DIR/$(printf 'a\\374')";` },
    ],
    ['a folder that cannot be made', { environment: { MIG_CACHE_DIR: '/proc/mig' } }],
    ['a folder that is a file', { environment: { MIG_CACHE_DIR: LAUNCHER } }],
    ['a limit of file sizes', { before: 'ulimit -f 1;' }],
  ])('%s', (_, surroundings) => {
    mkdirSync(path('parent'));
    for (let at = 0; at < 2; at++) expect(start(surroundings)).toBe('one');
    expect(readdirSync(path('parent')).flatMap((name) => readdirSync(path(`parent/${name}`)))).toEqual([]);
  });

  test('a disk that is full', ({ skip }) => {
    mkdirSync(cache(), { recursive: true });
    const mount = `mount -t tmpfs -o size=4k none '${path('parent')}' && mkdir -m 700 '${cache()}'`;
    const there = spawnSync('unshare', ['-m', 'sh', '-c', mount]);
    if (there.status !== 0) return skip('unshare -m and mount are not allowed here');
    const list = `ls '${cache()}' >&2`;
    const script = `${mount} && head -c 4096 /dev/zero >'${path('parent/large')}' && MIG_CACHE_DIR='${cache()}' "$0" -e "$1" && ${list}`;
    const program = `const p = require('${path('dist/launcher.cjs')}').launch('program.cjs', 'p'); p.exports.say(); p.keep();`;
    const run = ['-m', 'sh', '-c', script, process.execPath, program];
    expect(spawnSync('unshare', run, { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stdout: 'one',
      stderr: '',
    });
  });
});

describe('a user who is not root', () => {
  /** The user that the program runs as. */
  const uid = isRoot ? NOBODY : undefined;
  beforeEach(() => {
    mkdirSync(path('home'));
    if (isRoot) chownSync(path('home'), NOBODY, NOBODY);
  });

  test.each([
    ['HOME', {}, 'home/.cache/mig'],
    ['XDG_CACHE_HOME', { XDG_CACHE_HOME: 'home/caches' }, 'home/caches/mig'],
  ])('has a folder by %s', (_, places: Record<string, string>, where) => {
    const environment = Object.fromEntries(
      Object.entries({ HOME: 'home', ...places }).map(([name, place]) => [name, path(place)]),
    );
    expect(start({ environment, uid })).toBe('one');
    expect(readdirSync(path(where))).toEqual(['program']);
  });

  test.each([
    ['a HOME that is not there', { HOME: 'home/none' }],
    ['an XDG_CACHE_HOME far from all that is there', { HOME: 'home', XDG_CACHE_HOME: 'home/no/such' }],
  ])('has none with %s, which is not made', (_, places) => {
    const environment = Object.fromEntries(
      Object.entries(places).map(([name, place]) => [name, path(place)]),
    );
    expect(start({ environment, uid })).toBe('one');
    expect(readdirSync(path('home'))).toEqual([]);
  });

  test.each([{ HOME: 'home' }, { HOME: '' }, {}])('has none without an absolute path: %j', (environment) => {
    expect(start({ environment, uid, before: `cd ${folder};` })).toBe('one');
    expect(readdirSync(path('home'))).toEqual([]);
  });
});
