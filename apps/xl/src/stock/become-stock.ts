import { execute, noteHandOver } from '@mig/posix';
import { argumentOctets, undecodedArgument } from '@mig/posix/places';
import { Failure } from '../output/failure.js';
import { findStockXl } from './stock-xl.js';

/** Names the process that was handed on last: the same one again has come in a circle, by a script that calls us. */
const HANDED_ON = 'MIG_HANDED_ON';

/** This process becomes the stock xl. @throws Failure, or what the kernel says */
export function becomeStock(own: string, argv: readonly string[]): never {
  const path = findStockXl(process.env, own);
  if (!noteHandOver(HANDED_ON)) {
    throw new Failure(`${path} is mig again, not the stock xl; MIG_STOCK_XL may name it`);
  }
  // Stock takes names as they are.
  execute(path, ['xl', ...(undecodedArgument(argv) === undefined ? argv : argumentOctets(argv.length))]);
}
