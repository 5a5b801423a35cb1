/** A configuration as a file has it: text in UTF-8. */
import { GONE, isWorkingFolderGone } from '@mig/posix/places';
import { readFileSync } from 'node:fs';
import { isAbsolute } from 'node:path';
import { Failure } from '../output/failure.js';

/** @throws Failure in stock's words where it cannot be read, or is not UTF-8: octets that are not would become others */
export function readConfigurationFile(file: string): string {
  let octets: Buffer;
  try {
    octets = readFileSync(file);
  } catch (error) {
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
