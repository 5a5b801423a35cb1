import { expect, test } from 'vitest';
import { misfit } from './misfit.js';

const own = {
  c_info: { type: 'hvm', name: 'g1', uuid: '7209914c-eb2c-11f1-a38e-4f5345a45087' },
  b_info: { max_vcpus: 2, max_memkb: 1048576, target_memkb: 524288, device_model_version: 'qemu_xen' },
};

function judged(change: { readonly c_info?: object; readonly b_info?: object; readonly disks?: object[] }) {
  const other = {
    ...own,
    ...change,
    c_info: { ...own.c_info, ...change.c_info },
    b_info: { ...own.b_info, ...change.b_info },
  };
  return misfit(JSON.stringify(own), JSON.stringify(other));
}

test.each([
  [{}],
  [{ c_info: { name: 'g2', uuid: 'made up' } }],
  [{ disks: [{ pdev_path: '/dev/vg/g1', vdev: 'xvda' }] }],
  [{ b_info: { target_memkb: 1048576 } }],
  // Its balloon target, if the file has none.
  [{ b_info: { target_memkb: undefined } }],
  [{ b_info: { device_model_version: undefined } }],
])('it could live on with %j', (change) => {
  expect(judged(change)).toBeUndefined();
});

test.each([
  [{ c_info: { type: 'pvh' } }, 'type is pvh, and the domain is hvm'],
  [{ c_info: { type: undefined } }, 'type is pv, and the domain is hvm'],
  [{ b_info: { max_vcpus: 4 } }, 'it has 4 vcpus at most, and the domain 2'],
  [{ b_info: { max_vcpus: undefined } }, 'it has 1 vcpus at most, and the domain 2'],
  [{ b_info: { target_memkb: 524287 } }, 'memory is 511 MiB, and the domain has 512'],
  [
    { b_info: { target_memkb: undefined, max_memkb: undefined } },
    'it does not say how much memory the domain has',
  ],
  [
    { b_info: { device_model_version: 'qemu_xen_traditional' } },
    "its device model is qemu_xen_traditional, and the domain's is qemu_xen",
  ],
])('it could not with %j', (change, problem) => {
  expect(judged(change)).toBe(problem);
});

test('a PVH domain has no device model in its state', () => {
  const pvh = (version: string) =>
    JSON.stringify({
      c_info: { type: 'pvh' },
      b_info: { max_memkb: 98304, device_model_version: version },
    });
  expect(misfit(pvh('qemu_xen'), pvh('none'))).toBeUndefined();
});
