/**
 * Compares the rows with the numbers that a C program printed with each release's own headers (see
 * docs/xen.md).
 */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cautionAbout, groundsText, newestVersion, xenVersions } from './xen-version.js';

/** Differences between releases, from their headers and sources. */
const releases = {
  minor: [16, 17, 18, 19, 20, 21, 22],
  XEN_DOMCTL_INTERFACE_VERSION: [0x14, 0x15, 0x16, 0x17, 0x17, 0x17, 0x18],
  'sizeof(libxl_domain_config)': [1288, 1288, 1344, 1352, 1368, 1384, 1400],
  'sizeof(libxl_event)': [184, 208, 208, 208, 208, 208, 208],
  // sizeof(struct hvm_hw_lapic), in the newest point release of each.
  lapic: [24, 24, 32, 32, 32, 32, 32],
  // From xg_sr_restore_x86_hvm.c, for HVM_PARAM_CONSOLE_PFN.
  xc_dom_console_init: [false, false, false, false, false, true, true],
};

/** Values that are equal in all releases. */
const alike = {
  domainInfo: { size: 112, flags: 4, totalPages: 8, cpuTime: 56, onlineVcpus: 64, handle: 76 },
  libxlDomainInfo: {
    ...{ size: 120, uuid: 0, domid: 16, paused: 34, shutdown: 35, shutdownReason: 40 },
    ...{ currentMemory: 56, cpuTime: 88, vcpus: 100 },
  },
  event: { domid: 16, type: 48, shutdownReason: 56 },
  restoreParameters: { size: 24, streamVersion: 4 },
};

test.each(releases.minor.map((minor, i) => [minor, i]))(
  'the row of 4.%i is what its headers say',
  (minor, i) => {
    const { major, libraries, domctlInterface, domainInfo, libxl, consolePage, lapic } = xenVersions[i]!;
    const size = (name: 'sizeof(libxl_domain_config)' | 'sizeof(libxl_event)') => releases[name][i]!;
    expect([major, xenVersions[i]!.minor]).toEqual([4, minor]);
    expect(domctlInterface).toBe(releases.XEN_DOMCTL_INTERFACE_VERSION[i]);
    expect(libraries).toEqual({
      control: `libxenctrl.so.4.${minor}`,
      guest: `libxenguest.so.4.${minor}`,
      light: `libxenlight.so.4.${minor}`,
      util: `libxlutil.so.4.${minor}`,
    });
    expect(domainInfo).toEqual(alike.domainInfo);
    expect(libxl).toEqual({
      domainConfiguration: size('sizeof(libxl_domain_config)'),
      domainInfo: alike.libxlDomainInfo,
      event: { ...alike.event, size: size('sizeof(libxl_event)') },
      restoreParameters: alike.restoreParameters,
    });
    expect(lapic).toBe(releases.lapic[i]);
    expect(consolePage === 'disconnected').toBe(releases.xc_dom_console_init[i]);
  },
);

test('there is a row for each of them, and no other', () => {
  expect(xenVersions.map(({ minor }) => minor)).toEqual(releases.minor);
});

test('each says what it rests on', () => {
  const words = (minor: number) => groundsText(xenVersions.find((version) => version.minor === minor)!);
  for (const minor of [17, 20]) expect(words(minor)).toBe('tested in the lab');
  for (const minor of [16, 18, 19, 21, 22]) expect(words(minor)).toBe('known by its headers, not tested');
  const newer = { ...newestVersion(), minor: 99, grounds: 'newest' } as const;
  expect(groundsText(newer)).toBe('newer than all that mig knows, taken for 4.22');
  expect(cautionAbout(newer)).toMatch(/^this host runs Xen 4.99, newer than mig knows: it passes for 4.22 /);
  for (const version of xenVersions) expect(cautionAbout(version)).toBeUndefined();
});

test('docs/xen.md says it of each, too', () => {
  const text = readFileSync(new URL('../../../../docs/xen.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| \**4\.(\d+)\** \| [^|]*\| ([^|]+) \|$/gm)].map(([, minor, words]) => [
    minor,
    words,
  ]);
  expect(rows).toEqual(xenVersions.map((version) => [String(version.minor), groundsText(version)]));
});
