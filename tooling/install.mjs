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
  if (error.code !== 'EACCES' && error.code !== 'EROFS') throw error;
  console.error(`${error.path ?? values.prefix} cannot be written (${error.code}); are you root?`);
  process.exitCode = 1;
}

function install() {
  const fresh = `${library}.new`;
  rmSync(fresh, { recursive: true, force: true });
  mkdirSync(join(values.prefix, 'lib'), { recursive: true });
  mkdirSync(programs, { recursive: true });
  deployMig(fresh);
  unlinkOurs();
  rmSync(library, { recursive: true, force: true });
  renameSync(fresh, library);
  for (const name of readdirSync(join(library, 'bin'))) {
    if (name === 'xl' && !values['take-xl']) continue;
    const link = join(programs, name);
    if (isThere(link)) throw new Error(`${link} is there and is not mig's; it is left as it is`);
    symlinkSync(join('../lib/mig/bin', name), link);
    console.log(`${link}`);
  }
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
    if (lstatSync(link).isSymbolicLink() && readlinkSync(link).startsWith('../lib/mig/bin/')) rmSync(link);
  }
}

function isThere(path) {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
