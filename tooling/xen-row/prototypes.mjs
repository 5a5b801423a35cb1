/**
 * Lists the functions that mig binds and that are declared differently in one version of Xen than in
 * another. Status 1 if one is.
 *
 * usage: node tooling/xen-row/prototypes.mjs XEN OLD NEW
 *
 *   XEN       a clone of Xen's repository
 *   OLD, NEW  commits of it, such as stable-4.20 and stable-4.21
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { boundIn, declarationsIn } from './declarations.mjs';

const [xen = '', before = '', after = ''] = process.argv.slice(2);
if (after === '') {
  console.error('usage: node tooling/xen-row/prototypes.mjs XEN OLD NEW');
  process.exit(2);
}

const headers = [
  ...['xenctrl.h', 'xenguest.h', 'xenforeignmemory.h', 'xenstore.h', 'xentoollog.h'],
  ...['libxl.h', 'libxl_event.h', 'libxl_utils.h'],
].map((name) => `tools/include/${name}`);
// xc_get_pfn_type_batch is exported, and declared there.
headers.push('tools/libs/ctrl/xc_private.h');

/** @param {string} name */
const source = (name) =>
  readFileSync(new URL(`../../packages/hypervisor-xen/src/${name}`, import.meta.url), 'utf8');
const names = ['libxc/control.ts', 'libxl/libxl.ts', 'xen/xenstore.ts'].flatMap((name) =>
  boundIn(source(name)),
);

/** @param {string} commit */
function declared(commit) {
  /** @param {string} path */
  const show = (path) => execFileSync('git', ['-C', xen, 'show', `${commit}:${path}`], { encoding: 'utf8' });
  return declarationsIn(headers.map(show).join('\n'), names);
}

const [was, is] = [declared(before), declared(after)];
const changed = names.filter((name) => was.get(name) !== is.get(name));
for (const name of changed) {
  console.log(
    `${name}\n  ${before}: ${was.get(name) ?? 'not declared'}\n  ${after}: ${is.get(name) ?? 'not declared'}`,
  );
}
console.log(`${changed.length} of ${names.length} functions are declared otherwise`);
process.exitCode = changed.length === 0 ? 0 : 1;
