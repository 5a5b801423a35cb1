/**
 * Makes each program one CommonJS file: a start reads and compiles one file instead of hundreds, and V8's
 * code for it can be kept. Its launcher is written beside it, and the licences of others.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

/** @import { PluginBuild } from 'esbuild' */

/**
 * @typedef {object} Manifest
 * @property {string} name
 * @property {string} version
 * @property {string} license
 * @property {Record<string, { default: string }>} [exports]
 */

const launcher = fileURLToPath(new URL('launcher.cjs', import.meta.url));

/**
 * Bundles in a package's folder.
 * @param {Record<string, string>} programs built modules, by their names in dist/
 * @param {string[]} external packages that are loaded when they are needed
 */
export async function bundle(programs, external = []) {
  const { outputFiles, metafile } = await build({
    entryPoints: programs,
    outdir: 'dist',
    outExtension: { '.js': '.cjs' },
    bundle: true,
    platform: 'node',
    target: 'node20.19',
    format: 'cjs',
    // Foreign functions are machine code, in a file of their own.
    external: ['koffi', ...external],
    // It would look for missing machine code, and work without it.
    define: { 'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"' },
    banner: { js: PLACES },
    plugins: [{ name: 'places', setup: keepPlaces }],
    legalComments: 'none',
    logLevel: 'warning',
    metafile: true,
    write: false,
  });
  for (const { path, text } of outputFiles) {
    const program = text.replaceAll(/\bimport\(/g, 'importModule(');
    // The launcher reads it as octets.
    if (/[^\0-\x7f]/.test(program)) throw new Error(`${path} is not ASCII`);
    writeFileSync(path, `// ${createHash('sha256').update(program).digest('hex')}\n${program}`);
  }
  copyFileSync(launcher, 'dist/launcher.cjs');
  const licences = licencesOf(Object.keys(metafile.inputs));
  if (licences !== '') writeFileSync('dist/licences.txt', licences);
}

const PLACES = `const { pathToFileURL } = require("node:url");
const placeOf = (entry, path) => new URL(path, pathToFileURL(entry ? require.resolve(entry) : __filename)).href;
const placeOfEntry = (entry) => pathToFileURL(require.resolve(entry)).href;`;

/**
 * Keeps `import.meta` working: each module is told its original place.
 * @param {PluginBuild} building
 */
function keepPlaces(building) {
  building.onLoad({ filter: /\/(packages|apps)\/[^/]+\/dist\/.*\.js$/ }, ({ path }) => {
    const text = readFileSync(path, 'utf8');
    if (!text.includes('import.meta')) return undefined;
    const home = /^.*\/(?:packages|apps)\/[^/]+/.exec(path)?.[0] ?? '.';
    const isOwn = home === resolve('.');
    const { name, exports } = manifestOf(home);
    const from = join(home, isOwn ? 'dist' : dirname(exports?.['.']?.default ?? '.'));
    const place = `placeOf(${isOwn ? 'undefined' : `"${name}"`}, "./${relative(from, path)}")`;
    const contents = text
      .replaceAll('import.meta.url', () => place)
      .replaceAll('import.meta.resolve', 'placeOfEntry');
    return { contents, loader: 'js' };
  });
}

/**
 * @param {string} folder
 * @returns {Manifest}
 */
function manifestOf(folder) {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
}

/** @param {string[]} files the sources of the programs */
function licencesOf(files) {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  const licences = [...new Set(folders)].map((folder) => {
    const { name, version, license } = manifestOf(folder);
    const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
    if (file === undefined) throw new Error(`${folder} has no licence`);
    return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
  });
  return licences.sort().join(`\n${'-'.repeat(80)}\n\n`);
}
