/** The programs that `bin/start.cjs` starts: `xl`, and the target end by itself. */
import { basename } from 'node:path';
import { reportError } from './output/errors.js';
import { Log } from './output/log.js';
import { run } from './program.js';
import { chosenHypervisor } from './stock/chosen-hypervisor.js';
import { isStockCommand, isWholeInfo } from './stock/stock-command.js';

/**
 * `xl`, which becomes the stock xl for commands that are stock's.
 * @param argv the arguments after `xl`
 * @returns the exit status
 */
export async function xl(argv: readonly string[]): Promise<number> {
  const program = process.argv[1] ?? 'xl';
  const invokedAs = basename(program, '.js');
  try {
    if (chosenHypervisor() === 'xen' && isStockCommand(argv)) {
      if (isWholeInfo(argv, invokedAs)) await (await import('./stock/known-xen.js')).sayKnownXen();
      const { becomeStock } = await import('./stock/become-stock.js');
      becomeStock(program, argv);
    }
    return await run(argv);
  } catch (error) {
    return reportError(error, new Log());
  }
}

/**
 * The target end by itself: the same as `xl migrate-receive`.
 * @param argv the arguments after `xl-receive`
 * @returns the exit status
 */
export function xlReceive(argv: readonly string[]): Promise<number> {
  return run(argv[0] === '--version' ? argv : ['migrate-receive', ...argv]);
}
