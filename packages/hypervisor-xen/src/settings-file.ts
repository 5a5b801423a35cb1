/** The file with the settings of a host, for those whose environment is hard to reach: daemons, and logins by ssh. */
import { readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';

export const SETTINGS_FILE = '/etc/default/mig';

export interface SettingsFile {
  readonly path: string;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads the settings; the usual file may be missing.
 * @param named the file in its place, which must be there: MIG_SETTINGS
 * @throws whatever reading the file throws
 */
export function readSettingsFile(named: string | undefined): SettingsFile {
  const path = named ?? SETTINGS_FILE;
  try {
    return { path, variables: parseEnv(readFileSync(path, 'utf8')) };
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    if (isMissing && named === undefined) return { path, variables: {} };
    throw error;
  }
}
