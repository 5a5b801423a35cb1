/**
 * Installs mig from this checkout, for all users of a machine, or removes it again.
 *
 *   node tooling/install.mjs [--prefix /usr/local] [--take-xl] [--remove]
 *
 * PREFIX/lib/mig is mig with all that it needs; PREFIX/bin has links to `mig`, `xl-receive` and `xl-save-helper`. The
 * name `xl` is taken only when asked to: on a Xen host it is the stock toolstack's, to which mig hands on what is not its
 * own, and other programs look for it.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { deployMig } from './deployment.mjs';

const { values } = parseArgs({
  options: {
    prefix: { type: 'string', default: '/usr/local' },
    'take-xl': { type: 'boolean', default: false },
    remove: { type: 'boolean', default: false },
  },
});
const library = join(values.prefix, 'lib/mig');
const programs = join(values.prefix, 'bin');

try {
  if (values.remove) remove();
  else install();
} catch (error) {
  const denied = error.code === 'EACCES' || error.code === 'EROFS';
  console.error(denied ? `${error.path} cannot be written (${error.code}): are you root?` : error.message);
  process.exitCode = 1;
}

function install() {
  const fresh = `${library}.new`;
  const names = namesToTake();
  const foreign = names.map((name) => join(programs, name)).find((link) => isThere(link) && !isOurs(link));
  if (foreign !== undefined) throw new Error(`${foreign} is there and is not mig's; nothing was changed`);
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(values.prefix, 'lib'), { recursive: true });
  mkdirSync(programs, { recursive: true });
  deployMig(fresh);
  unlinkOurs();
  rmSync(library, { recursive: true, force: true });
  renameSync(fresh, library);
  for (const name of names) {
    const link = join(programs, name);
    symlinkSync(join('../lib/mig/bin', name), link);
    console.log(link);
  }
}

/** The name xl only where it is asked for, or was taken before. */
function namesToTake() {
  const takesXl = values['take-xl'] || isOurs(join(programs, 'xl'));
  return ['mig', 'xl-receive', 'xl-save-helper', ...(takesXl ? ['xl'] : [])];
}

function remove() {
  unlinkOurs();
  rmSync(library, { recursive: true, force: true });
  console.log(`${library} and its links are gone`);
}

function unlinkOurs() {
  if (!existsSync(programs)) return;
  for (const name of readdirSync(programs)) {
    const link = join(programs, name);
    if (isOurs(link)) rmSync(link);
  }
}

function isOurs(path) {
  return (
    isThere(path) && lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith('../lib/mig/bin/')
  );
}

function isThere(path) {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
