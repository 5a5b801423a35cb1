/**
 * What an administrator may set. Stock `xl` has no options for it, so it comes from the environment, which libxl hands
 * on, or from a file of the same variables, for toolstacks whose environment is hard to reach (libvirt's).
 */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { TARGET_TIMEOUTS_DEFAULT } from '@mig/receiver/timeouts';
import { DIRTY_THRESHOLD_DEFAULT, PRECOPY_ITERATIONS_DEFAULT } from '@mig/sender/policy';
import { SOURCE_TIMEOUTS_DEFAULT } from '@mig/sender/timeouts';

export interface Settings {
  readonly precopyIterations: number;
  /** Pages. */
  readonly precopyThreshold: number;
  /** Milliseconds for the stream to move by an octet. */
  readonly progressTimeout: { readonly save: number; readonly restore: number };
}

/** A setting that cannot be meant. */
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

export const DEFAULT_SETTINGS_FILE = '/etc/default/mig';

type Variables = Readonly<Record<string, string | undefined>>;

/**
 * The environment's word counts before the file's. MIG_SETTINGS names another file.
 * @throws SettingError; whatever reading a file that was named throws
 */
export function readSettings(environment: Variables): Settings {
  const { variables: file, path } = readFile(environment['MIG_SETTINGS']);
  const number = (name: string, otherwise: number, most: number): number => {
    const fromEnvironment = environment[name];
    const text = fromEnvironment ?? file[name];
    if (text === undefined) return otherwise;
    const value = /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (value <= most) return value;
    const source = fromEnvironment === undefined ? path : 'environment';
    throw new SettingError(name, text, `a whole number from 0 to ${most}`, source);
  };
  const seconds = number('MIG_PROGRESS_TIMEOUT', 0, 1e6);
  return {
    precopyIterations: number('MIG_PRECOPY_ITERATIONS', PRECOPY_ITERATIONS_DEFAULT, 1e9),
    precopyThreshold: number('MIG_PRECOPY_THRESHOLD', DIRTY_THRESHOLD_DEFAULT, Number.MAX_SAFE_INTEGER),
    progressTimeout: {
      save: seconds === 0 ? SOURCE_TIMEOUTS_DEFAULT.progress : seconds * 1000,
      restore: seconds === 0 ? TARGET_TIMEOUTS_DEFAULT.progress : seconds * 1000,
    },
  };
}

function readFile(named: string | undefined): { variables: Variables; path: string } {
  const path = named ?? DEFAULT_SETTINGS_FILE;
  try {
    return { variables: parseEnv(readFileSync(path, 'utf8')), path };
  } catch (error) {
    const absent = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (absent && named === undefined) return { variables: {}, path };
    throw error;
  }
}
