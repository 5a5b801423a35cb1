/**
 * Decides which command lines go to the stock xl on a Xen host: all but mig's own. So scripts, xendomains
 * and completion find the xl that they know.
 */

/** Commands of our own, beside `help`. */
export const OURS = [
  'cordon',
  'uncordon',
  'evacuate',
  'evacuate-status',
  'evacuate-pause',
  'evacuate-continue',
  'evacuate-abort',
  'evacuate-worker',
  'dirty-rate',
  'migrate',
  'migrate-receive',
  'migrate-status',
  'migrate-switchover',
  'migrate-abort',
  'migrate-set',
  'save',
  'resume',
  'stream',
  'trace',
];

/** Options of our commands that only stock supports. */
const STOCK_ONLY: Readonly<Record<string, RegExp>> = {
  // Checkpointed streams.
  'migrate-receive': /^(-[a-zA-Z]*r|--colo|--coloft-script|--userspace-colo-proxy)/,
};

/** @param argv the arguments after `xl` */
export function isStockCommand(argv: readonly string[]): boolean {
  const index = argv.findIndex((word) => !word.startsWith('-'));
  const command = argv[index];
  if (command === undefined) return false;
  if (command === 'help') {
    const subject = argv.slice(index + 1).find((word) => !word.startsWith('-'));
    return subject !== undefined && ![...OURS, 'help'].includes(subject);
  }
  if (!OURS.includes(command)) return true;
  const only = STOCK_ONLY[command];
  return only !== undefined && argv.slice(index + 1).some((word) => only.test(word));
}

/**
 * Tells whether it is `info` alone, under a name that is not stock's. A program that reads `xl info`, or
 * asks for one field, gets stock's output unchanged.
 */
export function isWholeInfo(argv: readonly string[], invokedAs: string): boolean {
  return invokedAs !== 'xl' && argv.length === 1 && argv[0] === 'info';
}
