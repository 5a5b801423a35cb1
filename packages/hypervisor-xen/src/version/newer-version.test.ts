import { expect, test } from 'vitest';
import { type NewerHost, takenForNewest } from './newer-version.js';
import { newestVersion, xenVersions } from '../xen/xen-version.js';

const newest = newestVersion();
const running = { major: 4, minor: newest.minor + 1 };

/** A host whose Xen equals the newest known one, except for its larger configuration. */
const passing: NewerHost = {
  declareAll: () => undefined,
  takesDomctls: (version) => version === newest.domctlInterface,
  libxlSizes: () => ({
    domainConfiguration: newest.libxl.domainConfiguration + 16,
    domainInfo: newest.libxl.domainInfo.size,
    event: newest.libxl.event.size,
    restoreParameters: newest.libxl.restoreParameters.size,
  }),
};

const judged = (differs: Partial<NewerHost>) => takenForNewest(running, newest, { ...passing, ...differs });

test('a newer version that differs in nothing that can be seen is taken for the newest known', () => {
  const asked: string[] = [];
  const version = judged({
    declareAll: ({ libraries }) => asked.push(...Object.values(libraries)),
    libxlSizes: (library) => {
      asked.push(library);
      return passing.libxlSizes(library);
    },
  });
  const { domainConfiguration } = newest.libxl;
  expect(version).toEqual({
    ...newest,
    ...running,
    grounds: 'newest',
    libraries: {
      control: `libxenctrl.so.4.${running.minor}`,
      guest: `libxenguest.so.4.${running.minor}`,
      light: `libxenlight.so.4.${running.minor}`,
      util: `libxlutil.so.4.${running.minor}`,
    },
    libxl: { ...newest.libxl, domainConfiguration: domainConfiguration + 16 },
  });
  // Its own libraries were checked, not those of the version it is taken for.
  expect(asked).toEqual([...Object.values(version.libraries), version.libraries.light]);
  expect(xenVersions).not.toContain(version);
});

test.each<[string, Partial<NewerHost>, string]>([
  [
    'lacks a library, or a function',
    {
      declareAll: () => {
        throw new Error('libxenguest.so.4.23 cannot be loaded');
      },
    },
    'libxenguest.so.4.23 cannot be loaded',
  ],
  [
    'has another domctl interface',
    { takesDomctls: () => false },
    'it takes no domctls of interface version 0x18',
  ],
  [
    'has a larger structure',
    { libxlSizes: (library) => ({ ...passing.libxlSizes(library), event: 216 }) },
    'libxl_event has 216 bytes, not 208',
  ],
  [
    'has a smaller structure',
    { libxlSizes: (library) => ({ ...passing.libxlSizes(library), domainInfo: 112 }) },
    'libxl_dominfo has 112 bytes, not 120',
  ],
  [
    'has other parameters of a restore',
    { libxlSizes: (library) => ({ ...passing.libxlSizes(library), restoreParameters: 32 }) },
    'libxl_domain_restore_params has 32 bytes, not 24',
  ],
])('one that %s is refused by name, with how it is added', (_, differs, what) => {
  expect(() => judged(differs)).toThrow(
    expect.objectContaining({
      name: 'HostError',
      code: 'unavailable',
      message:
        `this host runs Xen 4.23, newer than 4.22, the newest that mig knows, and it does not pass for that: ${what}. ` +
        'docs/xen.md, "Another version of Xen", tells how it is added',
    }),
  );
});
