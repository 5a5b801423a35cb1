import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { searchFolders } from '@mig/posix/places';
import { isAbsolute, join } from 'node:path';
import { Failure } from '../output/failure.js';

/**
 * The variable that names the program handed on to last: meeting the same one again means a circle of
 * scripts.
 */
export const HANDED_ON = 'MIG_HANDED_ON';

/**
 * Finds the stock xl: MIG_STOCK_XL, else the first `xl` on PATH that is not this program.
 * @param own the path of this program
 * @throws Failure where there is none
 */
export function findStockXl(environment: NodeJS.ProcessEnv, own: string): string {
  const self = realpathSync(own);
  const named = environment['MIG_STOCK_XL'];
  if (named !== undefined && named !== '') {
    if (!isAbsolute(named)) throw new Failure(`MIG_STOCK_XL names ${named}, which is no absolute path`);
    if (!isProgram(named)) throw new Failure(`MIG_STOCK_XL names ${named}, which is no program`);
    // A program that becomes itself never ends.
    if (realpathSync(named) === self) throw new Failure(`MIG_STOCK_XL names ${named}, which is mig's own xl`);
    return named;
  }
  for (const folder of searchFolders(environment['PATH'])) {
    const path = join(folder, 'xl');
    if (isProgram(path) && realpathSync(path) !== self) return path;
  }
  throw new Failure('there is no stock xl on PATH; MIG_STOCK_XL may name it');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    // Folders are executable, too.
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
