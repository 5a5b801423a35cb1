import { execute } from '@mig/posix';
import { findStockXl } from './stock-xl.js';

/** This process becomes the stock xl. @throws Failure, or what the kernel says */
export function becomeStock(own: string, argv: readonly string[]): never {
  execute(findStockXl(process.env, own), ['xl', ...argv]);
}
