#!/usr/bin/env node
import { basename } from 'node:path';
import { reportError } from './output/errors.js';
import { Log } from './output/log.js';
import { chosenHypervisor } from './stock/chosen-hypervisor.js';
import { isWholeInfo, sayKnownXen } from './stock/known-xen.js';
import { isStockCommand } from './stock/stock-command.js';

const argv = process.argv.slice(2);
const program = process.argv[1] ?? 'xl';

try {
  const invokedAs = basename(program, '.js');
  if (chosenHypervisor() === 'xen' && isStockCommand(argv, invokedAs)) {
    if (isWholeInfo(argv, invokedAs)) await sayKnownXen();
    const { becomeStock } = await import('./stock/become-stock.js');
    becomeStock(program, argv);
  }
  const { run } = await import('./program.js');
  const status = await run(argv);
  // A command that ends by itself may have set it.
  if (status !== 0) process.exitCode = status;
} catch (error) {
  process.exitCode = reportError(error, new Log());
}
