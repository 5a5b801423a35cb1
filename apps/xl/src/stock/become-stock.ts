import { execute, noteHandOver } from '@mig/posix';
import { argumentOctets, undecodedArgument } from '@mig/posix/places';
import { Failure } from '../output/failure.js';
import { findStockXl, HANDED_ON } from './stock-xl.js';

/**
 * Becomes the stock xl, in this process.
 * @throws Failure, or the kernel's error
 */
export function becomeStock(own: string, argv: readonly string[]): never {
  const path = findStockXl(process.env, own);
  if (!noteHandOver(HANDED_ON)) {
    throw new Failure(`${path} is mig again, not the stock xl; MIG_STOCK_XL may name it`);
  }
  // Stock accepts names that are not UTF-8.
  execute(path, ['xl', ...(undecodedArgument(argv) === undefined ? argv : argumentOctets(argv.length))]);
}
