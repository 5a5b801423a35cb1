/**
 * Tells whether Xen logs a domain's writes. Xen tells that only to a request that starts logging: so never
 * ask while a toolstack may be about to start.
 *
 * usage: node log-dirty.mjs DOMID     says `on` or `off`, and leaves it off
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const OFF = 0;
const ENABLE_LOGDIRTY = 2;
const EINVAL = 22;

const koffi = createRequire('/opt/mig/')('koffi');
/** @param {'major' | 'minor'} part */
const version = (part) => readFileSync(`/sys/hypervisor/version/${part}`, 'utf8').trim();
const control = koffi.load(`libxenctrl.so.${version('major')}.${version('minor')}`);
const open = control.func('uintptr_t xc_interface_open(uintptr_t, uintptr_t, unsigned int)');
const shadowControl = control.func(
  'int xc_shadow_control(uintptr_t, uint32_t, unsigned int, void *, unsigned int)',
);
const xen = open(0, 0, 0);

/** Tells whether the writes are logged, and leaves that as it was. @param {number} domid */
export function isLogDirty(domid) {
  const failed = shadowControl(xen, domid, ENABLE_LOGDIRTY, null, 0) !== 0;
  const errno = koffi.errno();
  if (failed && errno !== EINVAL) throw new Error(`xc_shadow_control: errno ${errno}`);
  if (!failed) turnOff(domid);
  return failed;
}

/** @param {number} domid */
function turnOff(domid) {
  if (shadowControl(xen, domid, OFF, null, 0) === 0) return;
  throw new Error(`xc_shadow_control: errno ${koffi.errno()}`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const domid = Number(process.argv[2]);
  const on = isLogDirty(domid);
  if (on) turnOff(domid);
  console.log(on ? 'on' : 'off');
}
