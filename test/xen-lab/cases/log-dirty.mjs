/**
 * Says `on` or `off`: whether Xen logs a domain's writes. Leaves it off.
 *
 * usage: node log-dirty.mjs DOMID
 */
import { createRequire } from 'node:module';

const OFF = 0;
const ENABLE_LOGDIRTY = 2;
const EINVAL = 22;

const koffi = createRequire('/opt/mig/')('koffi');
const control = koffi.load('libxenctrl.so.4.17');
const open = control.func('uintptr_t xc_interface_open(uintptr_t, uintptr_t, unsigned int)');
const shadowControl = control.func(
  'int xc_shadow_control(uintptr_t, uint32_t, unsigned int, void *, unsigned int)',
);

const domid = Number(process.argv[2]);
const xen = open(0, 0, 0);
// Where it is on, it cannot be enabled.
const failed = shadowControl(xen, domid, ENABLE_LOGDIRTY, null, 0) !== 0;
const errno = koffi.errno();
if (failed && errno !== EINVAL) throw new Error(`xc_shadow_control: errno ${errno}`);
shadowControl(xen, domid, OFF, null, 0);
console.log(failed ? 'on' : 'off');
