// A host that is emptied, to watch: three hosts on this machine, twenty guests of five kinds. The controller is killed in the
// middle; the same command goes on. Then all guests are brought back. Leaves nothing behind. Ends with status 0 only if no
// guest was lost or ran twice, no tick of any was lost or repeated, and the memory of each is right.
//
// usage: node tooling/demo-evacuate.mjs [GUESTS, 20 unless given]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { domainsOf, Guests } from './demo/guests.mjs';
import { environment, makePath, program, writeScript } from './demo/hosts.mjs';
import { seconds, style, write } from './demo/screen.mjs';
import { removeTemporaryFolder, temporaryFolder } from './temporary-folder.mjs';

/** @import { Host } from './demo/hosts.mjs' */

const GUESTS = Number(process.argv[2] ?? 20);
/** Number of guests that have moved when the controller is killed. */
const KILLED_AT = Math.ceil(GUESTS / 3);

const began = performance.now();
const folder = temporaryFolder('mig-evacuate-');
/** @type {(name: string) => Host} */
const host = (name) => ({ name, folder: join(folder, name) });
const [left, right, top] = [host('left'), host('right'), host('top')];
const ssh = join(folder, 'ssh');
const options = ['--link', '2Gbit/s', '--out', '3', '--in', '3'];

/** Makes a program that reaches the three hosts by their names, as ssh would. */
function makeSsh() {
  const path = makePath(folder);
  writeScript(
    ssh,
    `host=$1; shift\nPATH='${path}':$PATH MIG_HOST_DIR='${folder}'/$host exec /bin/sh -c "$*"`,
  );
}

/** @param {string[]} args */
function start(...args) {
  write(`\n${style('bold', 'left$')} xl ${args.join(' ')}\n`);
  const all = [program('xl'), ...args, '-s', ssh, ...(args.length > 1 ? ['--name', 'left'] : [])];
  return spawn(process.execPath, all, { env: environment(left), stdio: ['ignore', 'inherit', 'inherit'] });
}

/** @param {string[]} args */
async function done(...args) {
  const [status] = await once(start(...args), 'close');
  if (status !== 0) throw new Error(`xl ${args[0]} ended with status ${status}`);
}

/** Kills a controller once some guests have moved. @param {import('node:child_process').ChildProcess} controller */
async function killInTheMiddle(controller) {
  const ended = once(controller, 'close');
  const timer = setInterval(() => {
    const moved = [right, top]
      .flatMap((each) => domainsOf(each.folder))
      .filter(({ name }) => !name.includes('--'));
    if (moved.length >= KILLED_AT) controller.kill('SIGKILL');
  }, 50);
  const [, signal] = await ended;
  clearInterval(timer);
  if (signal !== 'SIGKILL') throw new Error('the controller ended before it could be killed');
  write(
    `\n${style('red', 'The controller was killed (SIGKILL).')} Its migrations go on; the same command goes on with the run.\n`,
  );
}

/** @param {Guests} guests @param {string} what */
async function check(guests, what) {
  const faults = [...guests.find(), ...(await guests.tickOn(3)), ...guests.faults];
  const counts = [left, right, top].map((each) => `${domainsOf(each.folder).length} ${each.name}`).join(', ');
  write(
    `\n${what}: ${counts}; ${faults.length === 0 ? style('green', 'all are well') : style('red', faults.join('; '))}\n`,
  );
  return faults.length === 0;
}

try {
  write(`${style('bold', 'A host is emptied, the controller is killed in the middle, and all guests come back.')}

Three hosts  left, right and top, which are three folders on this machine
The guests   ${GUESTS} of five kinds: idle, quiet, busy, sweeping through their memory, and pairs that are kept apart
`);
  makeSsh();
  const guests = new Guests([left, right, top], GUESTS);
  await guests.create(left, folder);
  let isWell = await check(guests, 'Created');

  const there = ['evacuate', '--to', 'right,top', ...options];
  await killInTheMiddle(start(...there));
  await done(...there);
  isWell &&= await check(guests, 'Emptied');
  isWell &&= domainsOf(left.folder).length === 0;

  const run = readdirSync(join(left.folder, 'evacuation')).filter((name) => name.endsWith('.json'))[0] ?? '';
  const { ended } = JSON.parse(readFileSync(join(left.folder, 'evacuation', run), 'utf8'));
  if (ended === undefined) throw new Error('the run is not over');
  await done('evacuate', '--back', run.replace('.json', ''), ...options);
  isWell &&= await check(guests, 'Brought back');
  isWell &&= domainsOf(left.folder).length === GUESTS;

  write(`
Ticks of the guests: ${guests.ticks}, ${isWell ? 'none lost, none repeated' : 'not as they should be'}. ${GUESTS} guests moved twice, in ${seconds(performance.now() - began)}.
`);
  process.exitCode = isWell ? 0 : 1;
} finally {
  removeTemporaryFolder(folder);
}
