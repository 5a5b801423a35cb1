/**
 * Which command lines are the stock xl's on a Xen host: all but those that mig does itself. Scripts, xendomains and
 * completion find the xl that they know.
 */

/** `help` and no command at all are ours only under a name that stock does not have. */
export const OURS = [
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

/** What of our commands only stock can do. */
const STOCK_ONLY: Readonly<Record<string, RegExp>> = {
  // Checkpointed streams.
  'migrate-receive': /^(-[a-zA-Z]*r|--colo|--coloft-script|--userspace-colo-proxy)/,
};

/**
 * @param argv what follows `xl`
 * @param invokedAs the name that the program was called by
 */
export function isStockCommand(argv: readonly string[], invokedAs: string): boolean {
  const index = argv.findIndex((word) => !word.startsWith('-'));
  const command = argv[index];
  if (command === undefined || command === 'help') return invokedAs === 'xl';
  if (!OURS.includes(command)) return true;
  const only = STOCK_ONLY[command];
  return only !== undefined && argv.slice(index + 1).some((word) => only.test(word));
}

/**
 * Whether it is `info` alone, under a name that is not stock's. A program that reads `xl info`, or asks for one field,
 * finds what stock says and no more.
 */
export function isWholeInfo(argv: readonly string[], invokedAs: string): boolean {
  return invokedAs !== 'xl' && argv.length === 1 && argv[0] === 'info';
}
