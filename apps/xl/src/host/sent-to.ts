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
  if (sentTo.startsWith(COMMAND)) {
    const command = sentTo.slice(COMMAND.length);
    return `was sent through the command '${command}', and what that reaches may be running it: look there first (xl list -v)`;
  }
  return `was sent to ${sentTo}, which may be running it: look there first (ssh ${sentTo} xl list -v)`;
}

/**
 * Names the copy that must not exist, running or arriving, before a domain that was sent away may run here
 * again.
 */
export function noCopyOf(uuid: string): string {
  // Found by UUID: here and there its name may have changed.
  return `no domain with the UUID ${uuid}, running or arriving, is there`;
}
