/**
 * Makes each program one CommonJS file: a start reads and compiles one file instead of hundreds, and V8's
 * code for it can be kept. Its launcher is written beside it, and what has gone into it: names and licences.
 */
import { createHash } from 'node:crypto';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { extname, join, parse, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { manifestOf } from './deployment.mjs';

/** @import { PluginBuild } from 'esbuild' */

const launcher = fileURLToPath(new URL('launcher.cjs', import.meta.url));

/** @satisfies {import('esbuild').BuildOptions} */
const options = /** @type {const} */ ({
  outdir: 'dist',
  bundle: true,
  platform: 'node',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
  metafile: true,
  write: false,
});

/**
 * Bundles in a package's folder.
 * @param {Record<string, string>} programs built modules, by their names in dist/
 * @param {string[]} onDemand built modules of which each is one file, too, which a program loads when it needs it
 * @param {Page} [page] a web page that a program serves, and loads for that
 */
export async function bundle(programs, onDemand = [], page = undefined) {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: programs,
    outExtension: { '.js': '.cjs' },
    format: 'cjs',
    // Foreign functions are machine code, in a file of their own.
    external: ['koffi'],
    // It would look for missing machine code, and work without it.
    define: { 'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"' },
    banner: { js: PLACES },
    plugins: [
      { name: 'places', setup: keepPlaces },
      { name: 'on-demand', setup: (building) => leaveOut(building, onDemand) },
    ],
  });
  for (const { path, text } of outputFiles) {
    const program = text.replaceAll(/\bimport\(/g, 'importModule(');
    // The launcher reads it as octets.
    if (/[^\0-\x7f]/.test(program)) throw new Error(`${path} is not ASCII`);
    writeFileSync(path, `// ${createHash('sha256').update(program).digest('hex')}\n${program}`);
  }
  copyFileSync(launcher, 'dist/launcher.cjs');
  const inputs = Object.keys(metafile.inputs);
  for (const module of onDemand) {
    const file = await build({
      ...options,
      entryPoints: [module],
      format: 'esm',
      // Modules of which nothing is used are left out.
      mainFields: ['module', 'main'],
      // It draws with a browser's canvas where there is one.
      external: ['canvas'],
      define: { 'process.env.MSGPACKR_NATIVE_ACCELERATION_DISABLED': '"true"' },
      // CommonJS modules in it load those of Node, and ask where they are.
      banner: { js: REQUIRE },
    });
    for (const { text } of file.outputFiles) writeFileSync(bundleOf(module), text);
    inputs.push(...Object.keys(file.metafile.inputs));
  }
  if (page !== undefined) inputs.push(...(await bundlePage(page)));
  const others = packagesOf(inputs);
  if (others.length === 0) return;
  writeFileSync('dist/licences.txt', others.map(licenceOf).join(`\n${'-'.repeat(80)}\n\n`));
  const manifests = others.map(manifestOf).map(({ name, version, license }) => ({ name, version, license }));
  writeFileSync('dist/bundled.json', `${JSON.stringify(manifests, undefined, 2)}\n`);
}

/**
 * @typedef {object} Page
 * @property {string} folder has index.html, main.tsx, style sheets and pictures
 * @property {string} style rules that come before those of its style sheets
 */

const TYPES = /** @type {const} */ ({ '.html': 'text/html', '.css': 'text/css', '.svg': 'image/svg+xml' });

/**
 * Makes one module of the files of a page, so that they are installed as programs are: a browser is served from it.
 * @param {Page} page
 * @returns {Promise<string[]>} the sources of its script
 */
async function bundlePage({ folder, style }) {
  const { outputFiles, metafile } = await build({
    ...options,
    entryPoints: [join(folder, 'main.tsx')],
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    minify: true,
  });
  /** @type {Record<string, { type: string, text: string }>} */
  const files = { '/page.js': { type: 'text/javascript', text: outputFiles[0]?.text ?? '' } };
  for (const name of readdirSync(folder)) {
    const type = TYPES[/** @type {keyof typeof TYPES} */ (extname(name))];
    if (type === undefined) continue;
    const text = readFileSync(join(folder, name), 'utf8');
    files[name === 'index.html' ? '/' : `/${name}`] = {
      type,
      text: type === 'text/css' ? style + text : text,
    };
  }
  writeFileSync('dist/page.mjs', `export const files = ${JSON.stringify(files, undefined, 1)};\n`);
  return Object.keys(metafile.inputs);
}

const PLACES = `const { pathToFileURL } = require("node:url");
const placeOf = (manifest, path) => new URL(path, pathToFileURL(manifest ? require.resolve(manifest) : __filename)).href;
const placeOfEntry = (entry) => pathToFileURL(require.resolve(entry)).href;`;

const REQUIRE = `import { createRequire as requireAt } from "node:module";
const require = requireAt(import.meta.url);
const __dirname = import.meta.dirname;`;

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
    const from = isOwn ? join(home, 'dist') : home;
    const manifest = isOwn ? 'undefined' : `"${manifestOf(home).name}/package.json"`;
    const place = `placeOf(${manifest}, "./${relative(from, path)}")`;
    const contents = text
      .replaceAll('import.meta.url', () => place)
      .replaceAll('import.meta.resolve', 'placeOfEntry');
    return { contents, loader: 'js' };
  });
}

/** @param {string} module */
const bundleOf = (module) => join('dist', `${parse(module).name}.mjs`);

/**
 * Leaves modules out that are loaded on demand, each from its own bundle.
 * @param {PluginBuild} building
 * @param {string[]} onDemand
 */
function leaveOut(building, onDemand) {
  const bundles = new Map(onDemand.map((module) => [resolve(module), bundleOf(module)]));
  building.onResolve({ filter: /^\.\.?\/.*\.js$/ }, ({ path, resolveDir }) => {
    const file = bundles.get(join(resolveDir, path));
    return file === undefined ? undefined : { path: `./${relative('dist', file)}`, external: true };
  });
}

/**
 * @param {string[]} files the sources of the programs
 * @returns {string[]} the folders of the packages of others, by name
 */
function packagesOf(files) {
  const folders = files.flatMap((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file) ?? []);
  return [...new Set(folders)].sort((a, b) => (manifestOf(a).name < manifestOf(b).name ? -1 : 1));
}

/** @param {string} folder of a package */
function licenceOf(folder) {
  const { name, version, license } = manifestOf(folder);
  const file = readdirSync(folder).find((each) => /^licen[cs]e/i.test(each));
  if (file === undefined) throw new Error(`${folder} has no licence`);
  return `${name} ${version} (${license})\n\n${readFileSync(join(folder, file), 'utf8').trim()}\n`;
}
