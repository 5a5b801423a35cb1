import { delimiter, isAbsolute } from 'node:path';
import { UNDECODED } from './octets.js';

/**
 * Lists the folders in which to look for a program. It omits the working folder, whatever PATH says, since
 * anybody may have put a program there, and folders whose name is not UTF-8, since they cannot be opened.
 * @param path the variable PATH
 */
export function searchFolders(path = ''): string[] {
  return path.split(delimiter).filter((folder) => isAbsolute(folder) && !folder.includes(UNDECODED));
}
