/**
 * Installs mig from this checkout for all users of a machine, or removes it.
 *
 *   PREFIX/lib/mig.installed/N   mig with all that it needs. The previous one stays: a running migration still
 *                                loads files from where it began
 *   PREFIX/lib/mig               a link to the newest
 *   PREFIX/bin/                  links to `mig`, `xl-receive` and `xl-save-helper`
 *   PREFIX/share/                links to their manual pages, and to completions for bash and zsh
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
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { deployMig, PROGRAMS } from './deployment.mjs';
import { manualFiles, xlFiles } from './manual/files.mjs';

const USAGE = `Usage: node tooling/install.mjs [options]

Installs mig from this checkout for all users of the machine.

  --prefix <folder>  install below it; /usr/local by default
  --take-xl          take the name xl as well, and hand on what is stock's; kept from then on
  --remove           remove mig
  -h, --help         print this help
`;

// Root's may keep other users out.
process.umask(0o022);
const values = readOptions();
// The script that takes the name xl names what it starts.
const prefix = resolve(values.prefix);
const library = join(prefix, 'lib/mig');
const installed = join(prefix, 'lib/mig.installed');
const programs = join(prefix, 'bin');
const share = join(prefix, 'share');

try {
  if (values.help) process.stdout.write(USAGE);
  else if (values.remove) remove();
  else await install();
} catch (error) {
  console.error(error instanceof Error ? explained(error) : String(error));
  process.exitCode = 1;
}

function readOptions() {
  try {
    return parseArgs({
      options: {
        prefix: { type: 'string', default: '/usr/local' },
        'take-xl': { type: 'boolean', default: false },
        remove: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    }).values;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n\n${USAGE}`);
    process.exit(2);
  }
}

/** @param {NodeJS.ErrnoException} error */
function explained({ code, path, message }) {
  const denied = code === 'EACCES' || code === 'EROFS';
  return denied ? `${path} cannot be written (${code}): are you root?` : message;
}

async function install() {
  const root = fileURLToPath(new URL('..', import.meta.url));
  if (!existsSync(join(root, 'apps/xl/dist/launcher.cjs'))) {
    throw new Error(`mig is not built: build it first, with 'node ${root}tooling/with-pnpm.mjs build'`);
  }
  const links = linksToMake();
  const foreign = links.find((link) => isThere(link) && !isOurs(link));
  if (foreign !== undefined) throw new Error(`${foreign} is there and is not mig's; nothing was changed`);
  mkdirSync(installed, { recursive: true });
  const before = numbers();
  const number = (before.at(-1) ?? 0) + 1;
  const folder = join(installed, String(number));
  const fresh = `${folder}.new`;
  rmSync(fresh, { recursive: true, force: true });
  deployMig(fresh);
  nameInterpreter(fresh);
  await takeXl(fresh, folder);
  const { writeManual } = await import('./manual/write.mjs');
  writeManual(join(fresh, 'share'));
  renameSync(fresh, folder);
  replaceByLink(library, join('mig.installed', String(number)));
  for (const old of before.slice(0, -1)) rmSync(join(installed, String(old)), { recursive: true });
  unlinkOurs();
  for (const link of links) {
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(relative(dirname(link), join(library, relative(prefix, link))), link);
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
  const ours = join(folder, relative(fresh, realpathSync(program)));
  // It reads what the build has made.
  const { xlScript } = await import('./xl-script.mjs');
  rmSync(program);
  writeFileSync(program, xlScript({ node: process.execPath, ours }), { mode: 0o755 });
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

/** Paths of the links to make; those of xl only if requested, or taken before. */
function linksToMake() {
  const takesXl = values['take-xl'] || isOurs(join(programs, 'xl'));
  return [
    ...[...PROGRAMS, ...(takesXl ? ['xl'] : [])].map((name) => join(programs, name)),
    ...[...manualFiles, ...(takesXl ? xlFiles : [])].map((name) => join(share, name)),
  ];
}

function remove() {
  unlinkOurs();
  for (const path of [library, installed]) rmSync(path, { recursive: true, force: true });
  console.log(`${library} and its links are gone`);
}

function unlinkOurs() {
  const folders = [programs, ...[...manualFiles, ...xlFiles].map((name) => join(share, dirname(name)))];
  for (const folder of new Set(folders)) {
    if (!existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const link = join(folder, name);
      if (isOurs(link)) rmSync(link);
    }
  }
}

/** @param {string} path */
function isOurs(path) {
  return (
    isThere(path) &&
    lstatSync(path).isSymbolicLink() &&
    /^(\.\.\/)+lib\/mig\/(bin|share)\//.test(readlinkSync(path))
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
