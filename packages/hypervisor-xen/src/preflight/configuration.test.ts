import { ConfigurationJsonError } from '@mig/protocol';
import { expect, test } from 'vitest';
import { needsIn } from './configuration.js';

/** libxl 4.20's configuration of an HVM guest, shortened to the keys that are read. */
const hvm = {
  c_info: { type: 'hvm', name: 'g1', uuid: '7209914c-eb2c-11f1-a38e-4f5345a45087', domid: 5 },
  b_info: { max_vcpus: 2, max_memkb: 1048576, target_memkb: 524288, video_memkb: 8192, shadow_memkb: 10240 },
  disks: [
    { pdev_path: '/dev/vg/g1', vdev: 'xvda', backend: 'phy', format: 'raw' },
    { vdev: 'hdc', format: 'empty', is_cdrom: 1 },
    { pdev_path: 'g1', vdev: 'xvdb', script: 'block-drbd', backend_domid: 0 },
    { pdev_path: '/srv/g1', vdev: 'xvdc', backend_domname: 'storage' },
  ],
  nics: [
    { bridge: 'xenbr0', script: '/etc/xen/scripts/vif-bridge' },
    { bridge: 'xenbr1', backend_domid: 3 },
  ],
  pcidevs: [{ domain: 0, bus: 3, dev: 31, func: 7 }],
};

test('what an HVM guest needs', () => {
  expect(needsIn(JSON.stringify(hvm))).toEqual({
    type: 'hvm',
    name: 'g1',
    uuid: hvm.c_info.uuid,
    domid: 5,
    memory: { least: 532480, most: 1048576 + 8192 + 10240 + 2048 },
    disks: [
      { virtual: 'xvda', path: '/dev/vg/g1', script: undefined, isElsewhere: false },
      { virtual: 'hdc', path: undefined, script: undefined, isElsewhere: false },
      { virtual: 'xvdb', path: 'g1', script: 'block-drbd', isElsewhere: false },
      { virtual: 'xvdc', path: '/srv/g1', script: undefined, isElsewhere: true },
    ],
    interfaces: [
      { bridge: 'xenbr0', script: '/etc/xen/scripts/vif-bridge', isElsewhere: false },
      { bridge: 'xenbr1', script: undefined, isElsewhere: true },
    ],
    passedThrough: ['0000:03:1f.7'],
  });
});

test('a domain that is to have any domid needs none', () => {
  expect(needsIn('{"c_info":{"domid":4294967295}}').domid).toBeUndefined();
  expect(needsIn('{"c_info":{"domid":32751}}').domid).toBe(32751);
});

test('what libxl reckons for page tables where nothing is said of them', () => {
  const { memory } = needsIn('{"b_info":{"max_memkb":98304,"max_vcpus":1}}');
  expect(memory).toEqual({ least: 98304, most: 98304 + 4 * (256 + 2 * 96) + 2048 });
});

test.each(['{}', '{"c_info":1,"b_info":[],"disks":{},"nics":"","pcidevs":null}', '{"disks":[1,null]}'])(
  'what is odd counts as not said: %s',
  (text) => {
    expect(needsIn(text)).toMatchObject({ type: 'pv', name: '', passedThrough: [] });
  },
);

test('what is no configuration is refused', () => {
  expect(() => needsIn('[')).toThrow(ConfigurationJsonError);
});
