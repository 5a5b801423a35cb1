/**
 * Installs mig from this checkout for all users of a machine, or removes it.
 *
 *   node tooling/install.mjs [--prefix /usr/local] [--take-xl] [--remove]
 *
 *   PREFIX/lib/mig.installed/N   mig with all that it needs. The previous one stays: a running migration still
 *                                loads files from where it began
 *   PREFIX/lib/mig               a link to the newest
 *   PREFIX/bin/                  links to `mig`, `xl-receive` and `xl-save-helper`
 *
 * The name `xl` is taken only on request: on a Xen host it is the stock toolstack's, to which mig hands on
 * what is not its own, and other programs look for it.
 */
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
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
const installed = join(values.prefix, 'lib/mig.installed');
const programs = join(values.prefix, 'bin');

try {
  if (values.remove) remove();
  else await install();
} catch (error) {
  console.error(error instanceof Error ? explained(error) : String(error));
  process.exitCode = 1;
}

/** @param {NodeJS.ErrnoException} error */
function explained({ code, path, message }) {
  const denied = code === 'EACCES' || code === 'EROFS';
  return denied ? `${path} cannot be written (${code}): are you root?` : message;
}

async function install() {
  const names = namesToTake();
  const foreign = names.map((name) => join(programs, name)).find((link) => isThere(link) && !isOurs(link));
  if (foreign !== undefined) throw new Error(`${foreign} is there and is not mig's; nothing was changed`);
  mkdirSync(installed, { recursive: true });
  mkdirSync(programs, { recursive: true });
  const before = numbers();
  const number = (before.at(-1) ?? 0) + 1;
  const folder = join(installed, String(number));
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  deployMig(fresh);
  nameInterpreter(fresh);
  await takeXl(fresh, folder);
  renameSync(fresh, folder);
  replaceByLink(library, join('mig.installed', String(number)));
  for (const old of before.slice(0, -1)) rmSync(join(installed, String(old)), { recursive: true });
  unlinkOurs();
  for (const name of names) {
    const link = join(programs, name);
    symlinkSync(join('../lib/mig/bin', name), link);
    console.log(link);
  }
}

/** Numbers of the installed versions, oldest first. */
function numbers() {
  return readdirSync(installed)
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

/**
 * Names the interpreter by its path: a daemon that starts the save helper may have another PATH than the
 * installing user.
 * @param {string} folder
 */
function nameInterpreter(folder) {
  const interpreter = process.execPath;
  // The kernel takes the first word for the program, and older ones at most 127 octets of the line.
  if (/\s/.test(interpreter) || interpreter.length > 120) return;
  for (const name of readdirSync(join(folder, 'bin'))) {
    const path = realpathSync(join(folder, 'bin', name));
    const text = readFileSync(path, 'utf8');
    writeFileSync(
      path,
      text.replace(/^#!\/usr\/bin\/env node$/m, () => `#!${interpreter}`),
    );
  }
}

/**
 * Replaces the link to the program by a script that hands on to the stock xl without starting Node.
 * @param {string} fresh
 * @param {string} folder the later path of `fresh`
 */
async function takeXl(fresh, folder) {
  const program = join(fresh, 'bin/xl');
  const { OURS } = await import(
    pathToFileURL(join(fresh, 'node_modules/@mig/xl/dist/stock/stock-command.js')).href
  );
  /** @type {Record<string, string>} */
  const words = {
    NODE: process.execPath,
    OURS: join(folder, relative(fresh, realpathSync(program))),
    COMMANDS: OURS.join(' | '),
  };
  const template = readFileSync(new URL('xl.sh', import.meta.url), 'utf8');
  const script = template.replace(/@([A-Z]+)@/g, (mark, name) =>
    (words[name] ?? mark).replaceAll("'", `'\\''`),
  );
  rmSync(program);
  writeFileSync(program, script, { mode: 0o755 });
}

/**
 * Replaces a path by a link atomically, except for a folder there, which earlier versions of this program
 * left.
 * @param {string} path
 * @param {string} target
 */
function replaceByLink(path, target) {
  if (isThere(path) && !lstatSync(path).isSymbolicLink()) rmSync(path, { recursive: true });
  rmSync(`${path}.new`, { force: true });
  symlinkSync(target, `${path}.new`);
  renameSync(`${path}.new`, path);
}

/** The names to take; xl only if requested, or taken before. */
function namesToTake() {
  const takesXl = values['take-xl'] || isOurs(join(programs, 'xl'));
  return ['mig', 'xl-receive', 'xl-save-helper', ...(takesXl ? ['xl'] : [])];
}

function remove() {
  unlinkOurs();
  for (const path of [library, installed]) rmSync(path, { recursive: true, force: true });
  console.log(`${library} and its links are gone`);
}

function unlinkOurs() {
  if (!existsSync(programs)) return;
  for (const name of readdirSync(programs)) {
    const link = join(programs, name);
    if (isOurs(link)) rmSync(link);
  }
}

/** @param {string} path */
function isOurs(path) {
  return (
    isThere(path) && lstatSync(path).isSymbolicLink() && readlinkSync(path).startsWith('../lib/mig/bin/')
  );
}

/** @param {string} path */
function isThere(path) {
  try {
    lstatSync(path);
    return true;
  } catch {
    return false;
  }
}
