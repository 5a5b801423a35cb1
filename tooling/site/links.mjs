/** Fails on a link of the site that leads nowhere: to a file that is not there, or an anchor that its page lacks. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Finds the dead links of a site.
 * @param {string} site its folder
 */
export function deadLinks(site) {
  const pages = readdirSync(site, { recursive: true, encoding: 'utf8' }).filter((path) =>
    path.endsWith('.html'),
  );
  const texts = new Map(pages.map((page) => [join(site, page), readFileSync(join(site, page), 'utf8')]));
  const anchors = new Map([...texts].map(([path, text]) => [path, anchorsOf(text)]));
  return [...texts].flatMap(([path, text]) =>
    linksOf(text)
      .filter((link) => isDead(link, path, anchors))
      .map((link) => `${relative(site, path)}: ${link}`),
  );
}

/** @param {string} html */
function linksOf(html) {
  return [...html.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, link = '']) =>
    link.replaceAll('&amp;', '&'),
  );
}

/** @param {string} html */
function anchorsOf(html) {
  return new Set([...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id));
}

/**
 * @param {string} link
 * @param {string} page that it is on
 * @param {ReadonlyMap<string, ReadonlySet<string | undefined>>} anchors of each page
 */
function isDead(link, page, anchors) {
  if (/^[a-z]+:/.test(link)) return false;
  const [path = '', anchor = ''] = link.split('#').map(decodeURIComponent);
  const target = path === '' ? page : resolve(dirname(page), path);
  if (!existsSync(target)) return true;
  if (statSync(target).isDirectory()) return !existsSync(join(target, 'index.html'));
  return anchor !== '' && anchors.get(target)?.has(anchor) === false;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const site = fileURLToPath(new URL('../../dist/site', import.meta.url));
  const dead = deadLinks(site);
  for (const line of dead) console.error(`dead link in ${line}`);
  if (dead.length === 0) console.log(`${site}/index.html`);
  process.exitCode = dead.length === 0 ? 0 : 1;
}
