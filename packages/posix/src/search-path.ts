import { delimiter, isAbsolute } from 'node:path';
import { UNDECODED } from './octets.js';

/**
 * Lists the folders in which a program is looked for. None is in the working folder, whatever PATH says: what lies there is
 * anybody's. One whose name is not UTF-8 cannot be looked into.
 * @param path the variable PATH
 */
export function searchFolders(path = ''): string[] {
  return path.split(delimiter).filter((folder) => isAbsolute(folder) && !folder.includes(UNDECODED));
}
