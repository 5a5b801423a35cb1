/** Where a domain was sent, as a host remembers it for `xl`: a host's name, or the command that `-s ''` made of it. */

const COMMAND = 'command: ';

export function sentTo(sshCommand: string, host: string): string {
  return sshCommand === '' ? COMMAND + host : host;
}

/** Completes "domain NAME ...". @param sentTo undefined where nobody has noted it */
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

/** Says what must not be there, running or arriving, before a domain that was sent away may run here again. */
export function noCopyOf(uuid: string): string {
  // By its UUID: here and there it may have got another name since.
  return `no domain with the UUID ${uuid}, running or arriving, is there`;
}
