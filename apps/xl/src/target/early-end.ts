/** The likely cause where a command that reaches another host ended before that host was heard. */

/** The command: ssh with a host, or the operator's own, in which nothing is known of a host. */
export interface Way {
  /** The command of `-s`; empty: `host` itself is the command. */
  readonly sshCommand: string;
  readonly host: string;
}

/** Names the target: a command cannot stand for the name of a host. */
export function targetWords({ sshCommand, host }: Way): string {
  return sshCommand === '' ? 'the target' : host;
}

/** Names the command that reaches it. */
export function commandWords({ sshCommand }: Way): string {
  return sshCommand === '' ? 'the command' : sshCommand;
}

export interface EarlyEnd {
  /** Exit status of the command; null if it died of a signal, or has not ended. */
  readonly status: number | null;
  /** Words on its standard output and standard error. */
  readonly said: string;
}

interface Cause {
  /** Exit status of the command; in its absence any. */
  readonly status?: number;
  readonly said?: RegExp;
  /** Whether it concerns ssh, or the operator's own command; in its absence both. */
  readonly by?: 'ssh' | 'command';
  /** HOST and SSH stand for the names in the command; empty where the words that came say it already. */
  readonly words: string;
  /** Command to run at HOST to see it. */
  readonly attempt?: string;
}

const WHO_MAY = "whoever logs in there may not use Xen: xl must run as root, as with 'root@HOST'";

/**
 * Words of the shell of this host about the command: it is started by its path, by which a login shell does not call
 * itself.
 */
const SAID_HERE = /^\/bin\/sh: /m;
const UNREADABLE_HERE = new RegExp(`${SAID_HERE.source}.*(?:syntax error|unexpected EOF)`, 'im');

/** Tells whether the command failed on this host, so that no other was reached. */
export function endedHere({ said }: EarlyEnd): boolean {
  return SAID_HERE.test(said);
}

/** Known causes; the first that matches counts. */
const causes: readonly Cause[] = [
  { said: /standard (?:in|out)put is a terminal|<!doctype|<html|^HTTP\/|^SSH-\d/im, words: '' },

  // The shell of this host.
  {
    said: UNREADABLE_HERE,
    by: 'ssh',
    words: 'the shell of this host cannot read the command that -s gives: see its quotes and parentheses',
  },
  {
    said: UNREADABLE_HERE,
    words: 'the shell of this host cannot read the command: see its quotes and parentheses',
  },
  {
    status: 126,
    said: SAID_HERE,
    by: 'ssh',
    words: 'the program that -s names may not be run on this host: see its mode',
  },

  // ssh itself.
  {
    status: 127,
    said: /exec: .*not found/,
    by: 'ssh',
    words: 'there is no SSH on this host; -s names another',
  },
  {
    status: 255,
    said: /Host key verification failed|HOST IDENTIFICATION HAS CHANGED/,
    by: 'ssh',
    words: "the key of HOST is new here, or another than before: log in once with 'SSH HOST', and compare it",
  },
  {
    status: 255,
    said: /Permission denied|Too many authentication failures/,
    by: 'ssh',
    words: 'HOST takes neither key nor password of this user: may this user log in there?',
    attempt: 'true',
  },
  {
    status: 255,
    said: /Could not resolve|Name or service not known/,
    by: 'ssh',
    words: "no host is known by the name HOST: is it spelt so in DNS, /etc/hosts or ssh's configuration?",
  },
  { status: 255, said: /Connection refused/, by: 'ssh', words: 'no ssh server listens on HOST at that port' },
  {
    status: 255,
    said: /No route to host|Network is unreachable|timed out/,
    by: 'ssh',
    words: 'HOST is not reached: is it up, and does a firewall let ssh through?',
  },
  {
    status: 255,
    said: /Connection (?:closed|reset)|kex_exchange/,
    by: 'ssh',
    words: 'HOST hung up: its ssh server may limit who logs in, or how many at once',
  },
  {
    status: 255,
    said: /usage: ssh|option|onfiguration/,
    by: 'ssh',
    words: 'SSH does not take its options, or its configuration',
  },

  // A shell that has no such program.
  {
    status: 126,
    words:
      'a program is there that may not be run: see its mode, and whether its file system is mounted noexec',
    attempt: "'ls -l $(command -v xl)'",
  },
  {
    said: /restricted|rbash|not allowed to execute/i,
    by: 'ssh',
    words: 'whoever logs in at HOST may run few commands, and xl is none of them',
  },
  { status: 127, said: /node\W/, words: 'mig is on HOST, but not the Node.js that it was installed with' },
  {
    status: 127,
    by: 'ssh',
    words:
      "is xl (or mig) installed on HOST, and on the PATH of 'SSH HOST'? " +
      "Where it is mig alone, -s '' DOMAIN 'SSH HOST mig migrate-receive' starts that",
    attempt: 'command -v xl mig',
  },
  { status: 127, words: 'is each program of the command installed where it runs, and on the PATH there?' },
  {
    said: /command not found|unknown command/i,
    words: 'is xl (or mig) installed on HOST, and on the PATH there?',
    attempt: 'command -v xl mig',
  },

  // An xl that refuses.
  {
    said: /command not implemented|Usage:? *xl|unknown global option|option `.*not supported|unknown option/i,
    words: 'the xl that answers is none of Xen, or an older one that does not know these options',
    attempt: 'xl help migrate-receive',
  },
  { said: /Permission denied|must be root|are you root|Operation not permitted/i, words: WHO_MAY },
  { said: /sudo: /, words: 'sudo asks there for a password, and nobody can type one' },
  {
    said: /libxl: error|xencall|xenstore|privcmd|xl context|\/proc\/xen/i,
    words: 'is HOST booted as a dom0 of Xen, with its toolstack running?',
    attempt: 'xl info',
  },

  // A login that is not for commands.
  {
    said: /password (?:has|is) expired|change your password/i,
    words: 'the password at HOST has run out: log in once and change it',
  },
  { said: /login as the user/i, words: 'another user is to log in at HOST', attempt: 'true' },
  { said: /not available|nologin/i, words: 'whoever logs in at HOST may run no commands there' },
  {
    said: /^xl migration receiver ready/m,
    words:
      'a login script at HOST printed this before xl was started; it must print nothing where no terminal is',
    attempt: 'true',
  },

  // Whatever else.
  {
    status: 255,
    by: 'ssh',
    words: 'SSH itself has failed; with -v it says more',
    attempt: '-v true',
  },
  {
    said: /\S/,
    by: 'ssh',
    words: 'a login script at HOST may have printed that, or ended the login: it is to print nothing',
    attempt: 'true',
  },
  {
    status: 0,
    by: 'ssh',
    words:
      'it ended as if all were well: a forced command or a login script at HOST may stand in place of xl',
    attempt: 'true',
  },
];

/** Says the likely cause, and how to see it; undefined if there is nothing to add. */
export function likelyCause({ status, said }: EarlyEnd, { sshCommand, host }: Way): string | undefined {
  const way = sshCommand === '' ? 'command' : 'ssh';
  const cause = causes.find(
    (each) =>
      (each.status === undefined || each.status === status) &&
      (each.by === undefined || each.by === way) &&
      (each.said === undefined || each.said.test(said)),
  );
  if (cause === undefined || cause.words === '') return undefined;
  const attempt = cause.attempt === undefined || way === 'command' ? '' : `. Try: SSH HOST ${cause.attempt}`;
  const names = way === 'ssh' ? { SSH: sshCommand, HOST: host } : { SSH: 'ssh', HOST: 'the target' };
  return `${cause.words}${attempt}`.replace(/\b(?:SSH|HOST)\b/g, (word) => names[word as keyof typeof names]);
}
