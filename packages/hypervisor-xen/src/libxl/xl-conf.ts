/**
 * Reads the settings of `/etc/xen/xl.conf` with Xen's own parser, as stock `xl` does. Prototypes:
 * tools/include/libxlutil.h, equal in Xen 4.16 to 4.22. Settings that affect a migration: docs/xen.md.
 */
import { readFileSync } from 'node:fs';
import koffi from 'koffi';
import { HostError } from '@mig/hypervisor';
import type { CpuMaskTexts } from './cpu-masks.js';
import { loadLibrary } from '../xen/load-library.js';
import type { XenVersion } from '../xen/xen-version.js';

/** XL_GLOBAL_CONFIG and XL_LOCK_FILE (tools/xl/xl.h), as distributions configure them. */
const PATH = '/etc/xen/xl.conf';
const LOCK_FILE = '/var/lock/xl';

export interface XlConf {
  /** Whether domain 0 releases memory for an arriving domain; `auto`: unless Xen was given a limit for it. */
  readonly autoballoon: 'on' | 'off' | 'auto';
  /**
   * The file of the lock that is held from when domain 0 is asked to release memory until the domain
   * exists.
   */
  readonly lockFile: string;
  /** The choice of a domid for a domain without one of its own. */
  readonly domidPolicy: 'xen' | 'random';
  /** The CPU masks, in xl.conf's syntax. */
  readonly cpuMasks: CpuMaskTexts;
}

const autoballoons: Readonly<Record<string, XlConf['autoballoon']>> = {
  ...{ on: 'on', 1: 'on', off: 'off', 0: 'off', auto: 'auto' },
};

/**
 * @throws HostError `unavailable` where the file cannot be read or parsed; stock `xl` refuses to work with
 * a file that it cannot parse
 */
export function readXlConf(version: XenVersion, path = PATH): XlConf {
  const text = textsIn(version, path);
  const said = { autoballoon: text('autoballoon'), domidPolicy: text('domid_policy') };
  return {
    // As in stock, an unknown word counts as unset.
    autoballoon: autoballoons[said.autoballoon ?? 'auto'] ?? 'auto',
    lockFile: text('lockfile') ?? LOCK_FILE,
    domidPolicy: said.domidPolicy === 'random' ? 'random' : 'xen',
    cpuMasks: { all: text('vm.cpumask'), hvm: text('vm.hvm.cpumask'), pv: text('vm.pv.cpumask') },
  };
}

/** @returns a function that gives texts and numbers as text */
function textsIn(version: XenVersion, path: string): (key: string) => string | undefined {
  const octets = octetsOf(path);
  const xlu = declareXlUtil(version);
  const report = new BigUint64Array(2);
  const file = xlu.open_memstream(report.subarray(0, 1), report.subarray(1)) as number;
  const config = xlu.xlu_cfg_init(file, path) as number;
  try {
    if (file === 0 || config === 0) throw new HostError('unavailable', `no memory to read ${path}`);
    const errno = xlu.xlu_cfg_readdata(config, octets, octets.length) as number;
    if (errno !== 0) {
      xlu.fflush(file);
      const words = koffi.decode(report[0]!, 'char', Number(report[1])) as string;
      throw new HostError('unavailable', words.trim() || `${path} cannot be parsed: errno ${errno}`);
    }
    const texts = new Map(keys.map((key) => [key, textOf(xlu, config, key)]));
    return (key) => texts.get(key);
  } finally {
    if (config !== 0) xlu.xlu_cfg_destroy(config);
    if (file !== 0) xlu.fclose(file);
    if (report[0] !== 0n) xlu.free(Number(report[0]));
  }
}

/** Reads the file; a missing one counts as empty. */
function octetsOf(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const error = cause as NodeJS.ErrnoException;
    if (error.code === 'ENOENT') return Buffer.alloc(0);
    throw new HostError('unavailable', `${path} cannot be read: ${error.message}`, { cause });
  }
}

const keys = ['autoballoon', 'lockfile', 'domid_policy', 'vm.cpumask', 'vm.hvm.cpumask', 'vm.pv.cpumask'];

function textOf(xlu: ReturnType<typeof declareXlUtil>, config: number, key: string): string | undefined {
  const value = new BigUint64Array(1);
  const quietly = 1;
  if ((xlu.xlu_cfg_get_string(config, key, value, quietly) as number) !== 0) return undefined;
  return koffi.decode(value[0]!, 'char', -1) as string;
}

/** @throws HostError where the library is missing, and koffi's error where a function is */
export function declareXlUtil({ libraries }: XenVersion) {
  const util = loadLibrary(libraries.util);
  const libc = koffi.load(null);
  return {
    free: libc.func('void free(uintptr_t memory)'),
    open_memstream: libc.func('uintptr_t open_memstream(void *text, void *length)'),
    fflush: libc.func('int fflush(uintptr_t file)'),
    fclose: libc.func('int fclose(uintptr_t file)'),
    xlu_cfg_init: util.func('uintptr_t xlu_cfg_init(uintptr_t report, const char *name)'),
    xlu_cfg_readdata: util.func('int xlu_cfg_readdata(uintptr_t config, const void *data, int length)'),
    xlu_cfg_get_string: util.func(
      'int xlu_cfg_get_string(uintptr_t config, const char *key, void *value, int quietly)',
    ),
    xlu_cfg_destroy: util.func('void xlu_cfg_destroy(uintptr_t config)'),
  };
}
