/**
 * The settings of an administrator. Stock `xl` has no options for them, so they come from the environment,
 * which libxl hands on, or from a file of the same variables, for toolstacks whose environment is hard to
 * reach (libvirt's).
 */
import { ASSUMED_SUSPEND_COST } from '@mig/hypervisor-xen/memory';
import { readSettingsFile, type SettingsFile } from '@mig/hypervisor-xen/settings-file';
import { undecodedVariable } from '@mig/posix/places';
import { PAGE_OCTETS } from '@mig/protocol';
import { TARGET_TIMEOUTS_DEFAULT } from '@mig/receiver/timeouts';
import {
  BANDWIDTH_EXPECTED,
  contradictionIn,
  contradictionText,
  expectedOf,
  parseBandwidth,
  parseSetting,
  settingNames,
  settingRow,
  type Settings as PrecopySettings,
  variableOf,
} from '@mig/sender/policy';
import { SOURCE_TIMEOUTS_DEFAULT } from '@mig/sender/timeouts';

export interface Settings {
  readonly precopy: PrecopySettings;
  /** The fixed cost of a suspend in milliseconds, whatever is dirty: for MIG_MAX_DOWNTIME. */
  readonly suspendCost: number;
  /** The line's rate in pages per second where MIG_BANDWIDTH is not set: for MIG_MAX_DOWNTIME, too. */
  readonly lineRate: number | undefined;
  /** Longest time without an octet moving, in milliseconds. */
  readonly progressTimeout: { readonly save: number; readonly restore: number };
  /**
   * Longest time for sending the rest of the suspended domain, in milliseconds; undefined: the default of
   * SaveOptions.
   */
  readonly stopAndCopyTimeout: number | undefined;
}

/** A setting whose value makes no sense. */
export class SettingError extends Error {
  override readonly name = 'SettingError';

  constructor(
    readonly setting: string,
    readonly value: string,
    expected: string,
    readonly source: string,
  ) {
    super(`${setting} must be ${expected}, not '${value}' (${source})`);
  }
}

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * Reads the settings: the environment wins over the file, and MIG_SETTINGS names another file.
 * @throws SettingError; whatever reading a named file throws
 */
export function readSettings(environment: Variables): Settings {
  const variables = new SettingsReader(environment, readFile(environment['MIG_SETTINGS']));
  const precopy: PrecopySettings = Object.fromEntries(
    settingNames.flatMap((name) => {
      const row = settingRow(name);
      const value = variables.read(variableOf(name), expectedOf(row), (text) => parseSetting(row, text));
      return value === undefined ? [] : [[name, value]];
    }),
  );
  const contradiction = contradictionIn(precopy);
  if (contradiction !== undefined) {
    throw new ContradictionError(contradictionText(contradiction, variableOf));
  }
  const lineRate = variables.read('MIG_LINE_RATE', BANDWIDTH_EXPECTED, parseBandwidth);
  const progress = variables.timeout('MIG_PROGRESS_TIMEOUT');
  return {
    precopy,
    suspendCost: variables.number('MIG_SUSPEND_COST', 'milliseconds', 1e6) ?? ASSUMED_SUSPEND_COST,
    lineRate: lineRate && lineRate / PAGE_OCTETS,
    progressTimeout: {
      save: progress ?? SOURCE_TIMEOUTS_DEFAULT.progress,
      restore: progress ?? TARGET_TIMEOUTS_DEFAULT.progress,
    },
    stopAndCopyTimeout: variables.timeout('MIG_STOP_AND_COPY_TIMEOUT'),
  };
}

/** Settings that are valid one by one, and contradict each other. */
export class ContradictionError extends Error {
  override readonly name = 'ContradictionError';
}

class SettingsReader {
  constructor(
    private readonly environment: Variables,
    private readonly file: SettingsFile,
  ) {}

  /** @param parse gives undefined for a value that makes no sense */
  read<T>(name: string, expected: string, parse: (text: string) => T | undefined): T | undefined {
    const fromEnvironment = this.environment[name];
    const text = fromEnvironment ?? this.file.variables[name];
    if (text === undefined) return undefined;
    const value = parse(text);
    if (value !== undefined) return value;
    const source = fromEnvironment === undefined ? this.file.path : 'environment';
    throw new SettingError(name, text, expected, source);
  }

  /** @returns milliseconds */
  timeout(name: string): number | undefined {
    const seconds = this.number(name, 'seconds', 1e6);
    // 0 counts as unset: a timeout cannot be infinite.
    return seconds === 0 ? undefined : inMilliseconds(seconds);
  }

  number(name: string, unit: string, most: number): number | undefined {
    return this.read(name, `a whole number of ${unit} from 0 to ${most}`, (text) => {
      const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
      return value <= most ? value : undefined;
    });
  }
}

function inMilliseconds(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function readFile(named: string | undefined): SettingsFile {
  const lost = named && undecodedVariable('MIG_SETTINGS', named);
  if (lost) throw new SettingError('MIG_SETTINGS', lost, 'a path in UTF-8', 'environment');
  return readSettingsFile(named);
}
