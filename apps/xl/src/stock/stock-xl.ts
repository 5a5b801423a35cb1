import { accessSync, constants, realpathSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { Failure } from '../output/failure.js';

/**
 * The path of the stock xl: MIG_STOCK_XL, else the first `xl` on PATH that is not this program.
 * @param own the path of this program
 * @throws Failure where there is none
 */
export function findStockXl(environment: NodeJS.ProcessEnv, own: string): string {
  const named = environment['MIG_STOCK_XL'];
  if (named !== undefined && named !== '') {
    if (isProgram(named)) return named;
    throw new Failure(`MIG_STOCK_XL names ${named}, which is no program`);
  }
  const self = realpathSync(own);
  for (const folder of (environment['PATH'] ?? '').split(delimiter)) {
    const path = join(folder, 'xl');
    if (folder !== '' && isProgram(path) && realpathSync(path) !== self) return path;
  }
  throw new Failure('there is no stock xl on PATH; MIG_STOCK_XL may name it');
}

function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
