/**
 * The place that a domain was sent to, as a host stores it for `xl`: a host's name, or this prefix and the
 * command of `-s ''`.
 */

const COMMAND = 'command: ';

export function sentTo(sshCommand: string, host: string): string {
  return sshCommand === '' ? COMMAND + host : host;
}

/**
 * Completes "domain NAME ...".
 * @param sentTo undefined if it was not noted
 */
export function whereItMayRun(sentTo: string | undefined): string {
  if (sentTo === undefined) {
    return 'was on its way to another host, which may be running it: look there first (xl list -v)';
  }
  const way = wayTo(sentTo);
  return sentTo.startsWith(COMMAND)
    ? `was sent ${way}, and what that reaches may be running it: look there first (xl list -v)`
    : `was sent ${way}, which may be running it: look there first (ssh ${sentTo} xl list -v)`;
}

/** Words the destination, to follow "sent" or "moved". */
export function wayTo(sentTo: string): string {
  return sentTo.startsWith(COMMAND)
    ? `through the command '${sentTo.slice(COMMAND.length)}'`
    : `to ${sentTo}`;
}

/**
 * Names the copy that must not exist, running or arriving, before a domain that was sent away may run here
 * again.
 */
export function noCopyOf(uuid: string): string {
  // Found by UUID: here and there its name may have changed.
  return `no domain with the UUID ${uuid}, running or arriving, is there`;
}
