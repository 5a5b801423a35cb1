import { spawnSync } from 'node:child_process';
import { Failure } from '../output/failure.js';
import { findStockXl, HANDED_ON } from './stock-xl.js';

/** A script under the name xl that hands on to mig knows by the variable that it was mig who asked. */
const ASK = `${HANDED_ON}=$$ exec "$0" help`;

/**
 * Asks the stock xl for its list of commands; its complaints go to standard error.
 * @throws Failure where there is none, or it has none
 */
export function stockHelp(own = process.argv[1] ?? 'xl'): string {
  const path = findStockXl(process.env, own);
  const again = process.env[HANDED_ON] === String(process.pid);
  if (again) throw new Failure(`${own} is mig again, not the stock xl; MIG_STOCK_XL may name it`);
  const { status, stdout } = spawnSync('/bin/sh', ['-c', ASK, path], {
    stdio: ['ignore', 'pipe', 'inherit'],
    encoding: 'utf8',
  });
  if (status === 0) return stdout;
  throw new Failure(`${path} help ended with status ${status ?? 'unknown'}`);
}
