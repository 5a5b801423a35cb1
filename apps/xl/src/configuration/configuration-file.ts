/** Reads configuration files, for every command that takes one. */
import { FileTooLongError, readSmallFile } from '@mig/posix';
import { GONE, isWorkingFolderGone } from '@mig/posix/places';
import { isAbsolute } from 'node:path';
import { Failure } from '../output/failure.js';

/** Most octets of a file: far more than any real configuration, few enough to hold whatever they mean. */
export const LONGEST_CONFIGURATION_FILE = 1 << 18;

/**
 * Reads the file. Octets that are not UTF-8 are refused, because they would be changed.
 * @throws Failure, in stock's words where it has them
 */
export function readConfigurationFile(file: string): string {
  let octets: Uint8Array;
  try {
    octets = readSmallFile(file, LONGEST_CONFIGURATION_FILE);
  } catch (error) {
    if (error instanceof FileTooLongError) {
      throw new Failure(`${error.message}, so it is no domain configuration`, undefined, { cause: error });
    }
    throw new Failure(`Failed to read config file: ${file}: ${reason(file, error as NodeJS.ErrnoException)}`);
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(octets);
  } catch {
    throw new Failure(`${file} is not text in UTF-8, so it is no domain configuration`);
  }
}

function reason(file: string, { code, message }: NodeJS.ErrnoException): string {
  if (code === 'EISDIR') return 'Is a directory';
  if (code !== 'ENOENT') return message;
  return !isAbsolute(file) && isWorkingFolderGone() ? GONE : 'No such file or directory';
}
