import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { XenControl } from './control.js';
import { xenVersions } from '../xen/xen-version.js';

const [ENOMEM, EBUSY, EINVAL] = [12, 16, 22];

/** Xen's libraries as a test provides them. */
interface Libraries {
  /** Results of calls by name; 0 by default. */
  functions: Record<string, (...parameters: never[]) => number>;
  calls: [string, ...unknown[]][];
  missing: string;
  errno: number;
}

const xen = vi.hoisted((): Libraries => ({ functions: {}, calls: [], missing: '', errno: 12 }));

vi.mock('koffi', () => ({
  default: {
    os: { errno: { ENOMEM: 12, EBUSY: 16, EINVAL: 22 } },
    errno: () => xen.errno,
    load: (library: string) => {
      if (library === xen.missing) throw new Error('no such library');
      return {
        func: (prototype: string) => {
          const [, name] = /(\w+)\(/.exec(prototype)!;
          return (...parameters: never[]) => {
            xen.calls.push([name!, ...parameters]);
            return xen.functions[name!]?.(...parameters) ?? 0;
          };
        },
      };
    },
    view: () => new ArrayBuffer(4096),
  },
}));

const versionOf = (minor: number) => xenVersions.find((each) => each.minor === minor)!;
const version = versionOf(17);
const [XCH, FMEM, DOMID] = [1000, 2000, 7];

beforeEach(() => {
  xen.functions = { xc_interface_open: () => XCH, xc_interface_fmem_handle: () => FMEM };
});
afterEach(() => {
  xen.calls = [];
  xen.missing = '';
  xen.errno = ENOMEM;
});

/** Opens an interface, and forgets the calls that did so. */
function open(functions: Libraries['functions'] = {}): XenControl {
  const control = new XenControl(version, { attempts: 3, pause: 0 });
  xen.calls = [];
  Object.assign(xen.functions, functions);
  return control;
}

const named = (name: string) => xen.calls.filter(([each]) => each === name);

describe('the interface', () => {
  test('needs its libraries', () => {
    xen.missing = 'libxenguest.so.4.17';
    expect(() => new XenControl(version)).toThrow(
      expect.objectContaining({
        code: 'unavailable',
        message: expect.stringContaining('libxenguest.so.4.17') as string,
      }),
    );
  });

  test('needs the hypervisor', () => {
    xen.functions['xc_interface_open'] = () => 0;
    expect(() => new XenControl(version)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });

  test('is closed', () => {
    open().close();
    expect(xen.calls).toEqual([['xc_interface_close', XCH]]);
  });
});

test('a call that fails is an error with its name, domain and number', () => {
  const control = open({ xc_domain_nr_gpfns: () => -1 });
  expect(() => control.pfnCount(DOMID)).toThrow(
    expect.objectContaining({
      name: 'XenError',
      call: 'xc_domain_nr_gpfns',
      domid: DOMID,
      errno: ENOMEM,
      code: 'ENOMEM',
      message: 'xc_domain_nr_gpfns of domain 7: ENOMEM',
    }),
  );
});

/** An xc_domaininfo_t in the layout of Xen 4.17. */
const found = (domid: number, flags: number) => (_: number, __: number, ___: number, info: DataView) => {
  expect(info.byteLength).toBe(112);
  info.setUint16(0, domid, true);
  info.setUint32(4, flags, true);
  info.setBigUint64(8, 24592n, true);
  info.setBigUint64(56, 1_500_000_000n, true);
  info.setUint32(64, 3, true);
  for (let i = 0; i < 16; i++) info.setUint8(76 + i, 0xa0 + i);
  return 1;
};

describe('a domain', () => {
  test.each([
    [0x22, { hvm: true }],
    [0x20, {}],
    // XEN_DOMINF_shutdown, with SHUTDOWN_suspend and SHUTDOWN_crash for its reason.
    [0x20006, { hvm: true, suspended: true }],
    [0x30006, { hvm: true, crashed: true }],
    [0x20002, { hvm: true }],
    [0x2000e, { hvm: true, suspended: true, paused: true }],
    [0x20003, { hvm: true, dying: true }],
  ])('is described by what Xen says of it: flags %i', (flags, state) => {
    const control = open({ xc_domain_getinfolist: found(DOMID, flags) });
    const uuid = 'a0a1a2a3-a4a5-a6a7-a8a9-aaabacadaeaf';
    const still = { hvm: false, dying: false, suspended: false, crashed: false, paused: false };
    const counts = { cpuNanoseconds: 1.5e9, pages: 24592, vcpus: 3 };
    expect(control.describe(DOMID)).toEqual({ ...still, ...state, ...counts, uuid });
  });

  test('is paused and unpaused, and says where that fails', () => {
    const control = open();
    control.pause(DOMID);
    control.unpause(DOMID);
    expect(xen.calls).toEqual([
      ['xc_domain_pause', XCH, DOMID],
      ['xc_domain_unpause', XCH, DOMID],
    ]);
    xen.functions['xc_domain_unpause'] = () => -1;
    expect(() => {
      control.unpause(DOMID);
    }).toThrow('xc_domain_unpause of domain 7');
  });

  test('is none where Xen has only a later one, or none at all', () => {
    expect(open({ xc_domain_getinfolist: found(9, 2) }).describe(DOMID)).toBeUndefined();
    expect(open({ xc_domain_getinfolist: () => 0 }).describe(DOMID)).toBeUndefined();
  });
});

describe('log-dirty', () => {
  /** Numbers of XEN_DOMCTL_SHADOW_OP_*. */
  const [OFF, ENABLE] = [0, 2];
  const operations = () => named('xc_shadow_control').map((call) => call[3]);
  const alive = { xc_domain_getinfolist: found(DOMID, 2) };

  test('is switched on', () => {
    open().enableLogDirty(DOMID);
    expect(xen.calls).toEqual([['xc_shadow_control', XCH, DOMID, ENABLE, null, 0]]);
  });

  test('that another left on is switched off first', () => {
    let left = true;
    const control = open({
      ...alive,
      xc_shadow_control: (_: number, __: number, operation: number) => {
        if (operation === OFF) left = false;
        return operation === ENABLE && left ? -1 : 0;
      },
    });
    control.enableLogDirty(DOMID);
    expect(operations()).toEqual([ENABLE, OFF, ENABLE]);
  });

  test('that cannot be had is off', () => {
    const control = open({ ...alive, xc_shadow_control: (_: number, __: number, operation: number) => -Number(operation === ENABLE) }); // prettier-ignore
    expect(() => control.enableLogDirty(DOMID)).toThrow('xc_shadow_control of domain 7: ENOMEM');
    expect(operations()).toEqual([ENABLE, OFF, ENABLE]);
  });

  test('is begun, or is on already', () => {
    expect(open(alive).startLogDirty(DOMID)).toBe(true);
    xen.errno = EINVAL;
    expect(open({ ...alive, xc_shadow_control: () => -1 }).startLogDirty(DOMID)).toBe(false);
    xen.errno = ENOMEM;
    expect(() => open(alive).startLogDirty(DOMID)).toThrow('xc_shadow_control of domain 7: ENOMEM');
  });

  // 0 up to Xen 4.17, EINVAL since: neither tells of the log.
  test.each([0, -1])('of a dying domain is none, whatever Xen answers: %i', (answer) => {
    xen.errno = EINVAL;
    const control = open({ xc_domain_getinfolist: found(DOMID, 3), xc_shadow_control: () => answer });
    const died = expect.objectContaining({
      code: 'domain-died',
      message: 'domain 7 is being destroyed',
    }) as Error;
    expect(() => control.startLogDirty(DOMID)).toThrow(died);
    if (answer !== 0) expect(() => control.enableLogDirty(DOMID)).toThrow(died);
    expect(operations()).not.toContain(OFF);
  });

  test.each([
    [false, 0],
    [true, 1],
  ])('is read and cleared, final %s', (final, mode) => {
    const control = open({
      xc__hypercall_buffer_alloc_pages: () => 0x1000,
      xc_logdirty_control: (...parameters: unknown[]) => {
        // xc_shadow_op_stats_t: faults, then dirty pages.
        (parameters[6] as Uint32Array).set([99, 5]);
        return 100;
      },
    });
    const bitmap = control.allocateBitmap(100);
    expect(control.cleanLogDirty(DOMID, bitmap, final)).toBe(5);
    expect(named('xc_logdirty_control')[0]!.slice(2, -1)).toEqual([DOMID, 11, bitmap.buffer, 100, mode]);
    control.freeBitmap(bitmap);
    expect(xen.calls.at(-1)).toEqual(['xc__hypercall_buffer_free_pages', XCH, bitmap.buffer, 1]);
  });

  test('read in part only is an error', () => {
    const functions = { xc__hypercall_buffer_alloc_pages: () => 0x1000, xc_logdirty_control: () => 64 };
    const control = open({ ...alive, ...functions });
    const bitmap = control.allocateBitmap(100);
    expect(() => control.cleanLogDirty(DOMID, bitmap, false)).toThrow('it read the log of 64 pages of 100');
  });

  test('needs memory for its bitmap', () => {
    expect(() => open().allocateBitmap(100)).toThrow(expect.objectContaining({ code: 'unavailable' }));
  });
});

test.each([
  ['read', 1],
  ['write', 3],
] as const)('pages are mapped to %s', (access, protection) => {
  const control = open({ xenforeignmemory_map: () => 0x7000 });
  const [frames, errors] = [new Uint32Array(4), new Int32Array(2)];
  expect(control.map(DOMID, frames, 2, access, errors)).toBe(0x7000);
  control.unmap(0x7000, 2);
  expect(xen.calls).toEqual([
    ['xenforeignmemory_map', FMEM, DOMID, protection, 2, frames, errors],
    ['xenforeignmemory_unmap', FMEM, 0x7000, 2],
  ]);
});

test('pages that cannot be mapped at all are an error', () => {
  const control = open({ xenforeignmemory_map: () => 0 });
  expect(() => control.map(DOMID, new Uint32Array(2), 1, 'read', new Int32Array(1))).toThrow(
    'xenforeignmemory_map of domain 7: ENOMEM',
  );
});

test.each([
  [20, ['xc_clear_domain_pages', XCH, DOMID, 0xfefff, 1]],
  [21, ['xc_dom_console_init', XCH, DOMID, 0xfefff]],
])("the console's page is begun anew as Xen 4.%i does it", (minor, call) => {
  const control = new XenControl(versionOf(minor));
  xen.calls = [];
  control.resetConsolePage(DOMID, 0xfefff);
  expect(xen.calls).toEqual([call]);
});

test("a console's page that is not there is an error", () => {
  xen.functions['xc_dom_console_init'] = () => -1;
  expect(() => {
    new XenControl(versionOf(22)).resetConsolePage(DOMID, 1);
  }).toThrow('xc_dom_console_init of domain 7: ENOMEM');
});

describe('what Xen is too busy for', () => {
  /** Fails with EBUSY that many times, then succeeds. */
  const busy = (times: number, well: number) => () => {
    xen.errno = EBUSY;
    return times-- > 0 ? -1 : well;
  };

  test('is tried again', () => {
    const control = open({
      xc__hypercall_buffer_alloc_pages: () => 0x1000,
      xc_shadow_control: busy(2, 0),
      xc_logdirty_control: busy(2, 100),
      xc_domain_getinfolist: found(DOMID, 2),
    });
    expect(control.startLogDirty(DOMID)).toBe(true);
    control.cleanLogDirty(DOMID, control.allocateBitmap(100), false);
    expect(named('xc_shadow_control')).toHaveLength(3);
    expect(named('xc_logdirty_control')).toHaveLength(3);
  });

  test('is given up at last', () => {
    const control = open({ xc_shadow_control: busy(Infinity, 0) });
    expect(() => control.disableLogDirty(DOMID)).toThrow('xc_shadow_control of domain 7: EBUSY');
    expect(named('xc_shadow_control')).toHaveLength(3);
  });

  test('is a page that is on its way: the frames are mapped again', () => {
    let times = 2;
    const control = open({
      xenforeignmemory_map: (...parameters: unknown[]) => {
        (parameters[5] as Int32Array).set([0, times-- > 0 ? -EBUSY : 0]);
        return 0x7000;
      },
    });
    const errors = new Int32Array(2);
    expect(control.map(DOMID, new Uint32Array(4), 2, 'read', errors)).toBe(0x7000);
    expect([...errors]).toEqual([0, 0]);
    expect([named('xenforeignmemory_map').length, named('xenforeignmemory_unmap').length]).toEqual([3, 2]);
  });

  test('is a page that stays on its way: said of that page', () => {
    const control = open({
      xenforeignmemory_map: (...parameters: unknown[]) => {
        (parameters[5] as Int32Array).set([0, -EBUSY]);
        return 0x7000;
      },
    });
    const errors = new Int32Array(2);
    expect(control.map(DOMID, new Uint32Array(4), 2, 'read', errors)).toBe(0x7000);
    expect([...errors]).toEqual([0, -EBUSY]);
    expect([named('xenforeignmemory_map').length, named('xenforeignmemory_unmap').length]).toEqual([3, 2]);
  });

  test('is a mapping as a whole', () => {
    const control = open({ xenforeignmemory_map: () => 0 });
    xen.errno = EBUSY;
    expect(() => control.map(DOMID, new Uint32Array(4), 2, 'read', new Int32Array(2))).toThrow('EBUSY');
    expect(named('xenforeignmemory_map')).toHaveLength(3);
  });
});

describe('memory', () => {
  const frames = Uint32Array.of(512, 0, 1024, 0);
  const calls = () => named('xc_domain_populate_physmap').map(([, ...parameters]) => parameters);

  test('is given a page a frame', () => {
    open({ xc_domain_populate_physmap: () => 2 }).populate(DOMID, frames, 2);
    expect(calls()).toEqual([[XCH, DOMID, 2, 0, 0, frames]]);
  });

  // Asking again would give the same superpages once more.
  test('is not asked for again where there is not enough, whatever errno says', () => {
    xen.errno = EBUSY;
    const control = open({ xc_domain_populate_physmap: () => 1 });
    expect(() => {
      control.populate(DOMID, frames, 2);
    }).toThrow('xc_domain_populate_physmap of domain 7: ENOMEM (Xen gave 1 page of 2');
    expect(xen.calls).toHaveLength(1);
  });

  test('that cannot be asked for is an error', () => {
    const control = open({ xc_domain_populate_physmap: () => -1 });
    xen.errno = EINVAL;
    expect(() => {
      control.populate(DOMID, frames, 2);
    }).toThrow('xc_domain_populate_physmap of domain 7: EINVAL');
    expect(xen.calls).toHaveLength(1);
  });

  test.each([
    [2, 2],
    [1, 1],
    [0, 0],
    // Then single pages are asked for, and report the fault.
    [-1, 0],
  ])('is given in superpages, as many as Xen has: %i', (answer, given) => {
    xen.errno = EBUSY;
    const control = open({ xc_domain_populate_physmap: () => answer });
    expect(control.populateSuperpages(DOMID, frames, 2)).toBe(given);
    expect(calls()).toEqual([[XCH, DOMID, 2, 9, 0, frames]]);
  });
});

test('the HVM context is as long as Xen makes it', () => {
  const control = open({
    xc_domain_hvm_getcontext: (_: number, __: number, context: Uint8Array | null) => {
      context?.set([1, 2, 3]);
      return context === null ? 8 : 3;
    },
  });
  expect([...control.hvmContext(DOMID)]).toEqual([1, 2, 3]);
});

describe('the CPU policy', () => {
  const leaves = [
    { leaf: 1, subleaf: 0xffffffff, a: 2, b: 3, c: 4, d: 5 },
    { leaf: 7, subleaf: 0, a: 6, b: 7, c: 8, d: 9 },
  ];
  const msrs = [{ index: 0xce, flags: 1, value: 2n ** 63n }];
  // An xen_cpuid_leaf_t and an xen_msr_entry_t in the layout of Xen 4.17.
  const leafOctets = '01000000ffffffff02000000030000000400000005000000' + '070000000000000006000000070000000800000009000000'; // prettier-ignore
  const msrOctets = 'ce000000010000000000000000000080';

  const getSize = (_: number, leafCount: Uint32Array, msrCount: Uint32Array) => {
    leafCount[0] = msrCount[0] = 3;
    return 0;
  };
  const put = (octets: DataView, hex: string) => new Uint8Array(octets.buffer).set(Buffer.from(hex, 'hex'));
  const serialise = (...parameters: unknown[]) => {
    const [, , leafView, leafCount, msrView, msrCount] = parameters as [number, number, DataView, Uint32Array, DataView, Uint32Array]; // prettier-ignore
    expect([leafView.byteLength, msrView.byteLength]).toEqual([3 * 24, 3 * 16]);
    put(leafView, leafOctets);
    put(msrView, msrOctets);
    [leafCount[0], msrCount[0]] = [2, 1];
    return 0;
  };
  const functions = {
    xc_cpu_policy_get_size: getSize,
    xc_cpu_policy_init: () => 0x5000,
    xc_cpu_policy_serialise: serialise,
  };

  test('is what Xen serialises', () => {
    expect(open(functions).cpuPolicy(DOMID)).toEqual({ leaves, msrs });
    expect(xen.calls.at(-1)).toEqual(['xc_cpu_policy_destroy', 0x5000]);
  });

  test.each(['xc_cpu_policy_get_domain', 'xc_cpu_policy_serialise'])(
    'is given back where %s fails',
    (name) => {
      const control = open({ ...functions, [name]: () => -1 });
      expect(() => control.cpuPolicy(DOMID)).toThrow(`${name} of domain 7`);
      expect(xen.calls.at(-1)).toEqual(['xc_cpu_policy_destroy', 0x5000]);
    },
  );

  test('that can be offered is that of the host', () => {
    const control = open(functions);
    expect(control.offeredCpuPolicy()).toEqual({ leaves, msrs });
    expect(named('xc_cpu_policy_get_system')).toEqual([['xc_cpu_policy_get_system', XCH, 3, 0x5000]]);
    Object.assign(xen.functions, { xc_cpu_policy_get_system: () => -1 });
    expect(() => control.offeredCpuPolicy()).toThrow('xc_cpu_policy_get_system');
  });

  describe('that is to be offered', () => {
    /** Makes two policies, one for each CPU. */
    const policies = () => {
      let next = 0x5000;
      return { xc_cpu_policy_init: () => next++ };
    };
    const octets = (view: unknown) => Buffer.from((view as DataView).buffer).toString('hex');

    test.each([true, false])('is judged by Xen: %s', (judgement) => {
      const control = open({ ...policies(), xc_cpu_policy_is_compatible: () => judgement as never });
      expect(control.offersCpuPolicy({ leaves, msrs })).toBe(judgement);
      expect(named('xc_cpu_policy_is_compatible')).toEqual([
        ['xc_cpu_policy_is_compatible', XCH, 0x5000, 0x5001],
      ]);
      const [, , guest, leafView, leafCount] = named('xc_cpu_policy_update_cpuid')[0]!;
      expect([guest, octets(leafView), leafCount]).toEqual([0x5001, leafOctets, 2]);
      const [, , , msrView, msrCount] = named('xc_cpu_policy_update_msrs')[0]!;
      expect([octets(msrView), msrCount]).toEqual([msrOctets, 1]);
      expect(named('xc_cpu_policy_destroy').map(([, policy]) => policy)).toEqual([0x5001, 0x5000]);
    });

    test.each(['xc_cpu_policy_update_cpuid', 'xc_cpu_policy_update_msrs'])(
      'has what %s has no place for',
      (name) => {
        const control = open({ ...policies(), [name]: () => -34, xc_cpu_policy_is_compatible: () => 1 });
        expect(control.offersCpuPolicy({ leaves, msrs })).toBe(false);
        expect(named('xc_cpu_policy_destroy')).toHaveLength(2);
      },
    );
  });

  test('for which there is no memory is not asked for', () => {
    const control = open({ ...functions, xc_cpu_policy_init: () => 0 });
    expect(() => control.cpuPolicy(DOMID)).toThrow('no memory for a CPU policy');
    expect(named('xc_cpu_policy_get_domain')).toEqual([]);
  });

  test('is set as Xen takes it', () => {
    open().setCpuPolicy(DOMID, { leaves, msrs });
    const [, , , leafCount, leafView, msrCount, msrView] = xen.calls[0]!;
    const octets = (view: unknown) => Buffer.from((view as DataView).buffer).toString('hex');
    expect([leafCount, octets(leafView), msrCount, octets(msrView)]).toEqual([2, leafOctets, 1, msrOctets]);
  });

  test('that this host cannot offer is said, with the leaf', () => {
    const control = open({
      xc_set_domain_cpu_policy: (...parameters: unknown[]) => {
        (parameters[6] as Int32Array)[0] = 7;
        return -1;
      },
    });
    expect(() => control.setCpuPolicy(DOMID, { leaves, msrs })).toThrow(
      'this host cannot offer the CPU that the domain had: leaf 7, subleaf ffffffff, MSR ffffffff',
    );
  });
});
