/**
 * Lets Xen shut a domain down as if the domain had requested it, for a reason that the lab's guests cannot
 * give.
 *
 * usage: node shut-down.mjs DOMID poweroff|reboot|suspend|crash|watchdog|soft-reset
 */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

/** Reasons by their number. Source: SHUTDOWN_* of public/sched.h. */
const reasons = ['poweroff', 'reboot', 'suspend', 'crash', 'watchdog', 'soft-reset'];

const koffi = createRequire('/opt/mig/')('koffi');
/** @param {string} part */
const version = (part) => readFileSync(`/sys/hypervisor/version/${part}`, 'utf8').trim();
const control = koffi.load(`libxenctrl.so.${version('major')}.${version('minor')}`);
const open = control.func('uintptr_t xc_interface_open(uintptr_t, uintptr_t, unsigned int)');
const shutDown = control.func('int xc_domain_shutdown(uintptr_t, uint32_t, int)');

const [domid, reason = ''] = process.argv.slice(2);
if (shutDown(open(0, 0, 0), Number(domid), reasons.indexOf(reason)) !== 0) {
  throw new Error(`xc_domain_shutdown of domain ${domid}: errno ${koffi.errno()}`);
}
