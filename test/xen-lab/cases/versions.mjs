/**
 * Compares mig's row of this dom0's Xen with what is installed, and checks that a version 4.99, with the same
 * libraries, is handled like it.
 */
import assert from 'node:assert/strict';

const folder = '/opt/mig/node_modules/@mig/hypervisor-xen/dist';
/** @type {typeof import('../../../packages/hypervisor-xen/dist/version/detect.js')} */
const { detectXen } = await import(`${folder}/version/detect.js`);
/** @type {typeof import('../../../packages/hypervisor-xen/dist/version/newer-version.js')} */
const { takenForNewest, thisHost } = await import(`${folder}/version/newer-version.js`);
/** @type {typeof import('../../../packages/hypervisor-xen/dist/libxc/control.js')} */
const { XenControl } = await import(`${folder}/libxc/control.js`);
/** @type {typeof import('../../../packages/hypervisor-xen/dist/libxl/libxl.js')} */
const { Libxl } = await import(`${folder}/libxl/libxl.js`);

const row = detectXen();
const { domctlInterface, libxl, libraries } = row;

assert.deepEqual(thisHost.libxlSizes(libraries.light), {
  domainConfiguration: libxl.domainConfiguration,
  domainInfo: libxl.domainInfo.size,
  event: libxl.event.size,
  restoreParameters: libxl.restoreParameters.size,
});
for (const version of [domctlInterface - 1, domctlInterface, domctlInterface + 1]) {
  assert.equal(thisHost.takesDomctls(version), version === domctlInterface, `domctls of version ${version}`);
}

const newer = takenForNewest({ major: 4, minor: 99 }, row);
if (newer === undefined) throw new Error('a version 4.99 is not taken for the newest');
assert.deepEqual([newer.grounds, newer.libraries.light], ['newest', 'libxenlight.so.4.99']);
assert.deepEqual(newer.libxl, libxl);
assert.equal(new XenControl(newer).describe(0)?.hvm, false);
assert.equal(new Libxl(newer, false).describe(0)?.name, 'Domain-0');

for (const { differs, what } of [
  { differs: { domctlInterface: domctlInterface + 1 }, what: /it takes no domctls of interface version/ },
  {
    differs: { libxl: { ...libxl, event: { ...libxl.event, size: 216 } } },
    what: /libxl_event has 208 bytes, not 216/,
  },
]) {
  assert.throws(() => takenForNewest({ major: 4, minor: 99 }, { ...row, ...differs }), what);
}
assert.throws(() => takenForNewest({ major: 4, minor: 98 }, row), /libxenctrl.so.4.98 cannot be loaded/);
console.log(`${row.major}.${row.minor}: sizes and domctl interface as in the row`);
process.exit();
