/** Judges what arrived in place of the banner, and guesses the cause. */
import { quoted } from '../octets/terminal-text.js';
import { fromLatin1, shownUtf8 } from '../octets/text.js';
import { BANNER } from './messages.js';

export type BannerVerdict =
  /** The whole banner arrived. Octets that follow are ignored. */
  | { readonly kind: 'banner' }
  /** The beginning of the banner arrived, or nothing yet: wait for more. */
  | { readonly kind: 'prefix' }
  /** The banner contains a carriage return, which only a terminal adds. */
  | { readonly kind: 'through-terminal'; readonly likelyCause: string }
  | {
      readonly kind: 'other';
      /** The first line that is not empty, quoted for a terminal; may be empty. */
      readonly firstLine: string;
      readonly likelyCause: string;
    };

/** Number of octets that are searched: a wrong sender may send a lot. */
const LOOKED_AT = 4096;
const TERMINAL =
  "a terminal is between the two ends, and would change the stream; 'ssh -T' as SSHCOMMAND goes without one";

/**
 * Patterns of known culprits; the first that matches wins. The search covers all that was received, which may
 * hold more than the culprit's words.
 */
const causes: readonly (readonly [pattern: RegExp, cause: string])[] = [
  // mig's own receiver, which refuses to read a stream from a terminal.
  [/standard (?:in|out)put is a terminal/, TERMINAL],
  [/command not found|: not found|No such file or directory/i, 'the target has no xl in its PATH'],
  [
    /Usage: *xl|unknown option|unrecognized option|invalid option/i,
    'the target’s xl does not know this command or option',
  ],
  [
    /Permission denied|cannot open.*xen|must be root|are you root/i,
    'no permission on the target: xl must run as root there',
  ],
  [
    /Host key verification failed|Could not resolve|Connection (refused|closed|timed out)/i,
    'ssh could not connect',
  ],
  [/<!doctype|<html|^HTTP\//i, 'a web server answered: this is not the port of a Xen host'],
  [/^SSH-\d/, 'an ssh server answered: this is its port, not a command run through it'],
  [/password:|passphrase/i, 'ssh asks for a password where nobody can type one'],
  [
    /libxl: error|xencall|xenstore|\/proc\/xen|privcmd/i,
    'the target is not a running Xen host, or its toolstack is broken',
  ],
  [/xl migration receiver ready/, 'a shell greeting on the target came before the banner'],
  [
    /Welcome|Last login|motd|\$ $|# $/i,
    'a shell greeting on the target: its start-up files print to standard output',
  ],
];

const BANNER_OF_TERMINAL = fromLatin1(BANNER).replace('\n', '\r');

function firstLineOf(received: Uint8Array): string {
  const lines = shownUtf8(received.subarray(0, LOOKED_AT)).split(/[\r\n]+/);
  return quoted(lines.find((line) => line.trim() !== '') ?? '');
}

/**
 * Judges what the target has sent so far.
 * @param ended whether nothing more will come, since the stream has ended or the time is up: the mere
 * beginning of a banner is then not accepted
 */
export function classifyBanner(received: Uint8Array, ended = false): BannerVerdict {
  const common = received.subarray(0, BANNER.length);
  if (common.every((octet, i) => octet === BANNER[i])) {
    if (common.length === BANNER.length) return { kind: 'banner' };
    if (!ended) return { kind: 'prefix' };
    const firstLine = firstLineOf(received);
    const likelyCause =
      received.length === 0
        ? 'the command on the target ended, or kept silent, before it said anything'
        : 'the target broke off within its banner';
    return { kind: 'other', firstLine, likelyCause };
  }
  const text = fromLatin1(received.subarray(0, LOOKED_AT));
  if (text.includes(BANNER_OF_TERMINAL)) return { kind: 'through-terminal', likelyCause: TERMINAL };
  const cause = causes.find(([pattern]) => pattern.test(text))?.[1];
  const likelyCause = cause ?? 'something on the target prints to standard output before xl, or in its place';
  return { kind: 'other', firstLine: firstLineOf(received), likelyCause };
}
