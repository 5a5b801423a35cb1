/** Tells what the terminal that people look at can show. */
import { isatty } from 'node:tty';

type Environment = Readonly<Record<string, string | undefined>>;

/** Columns of a terminal whose width is unknown. */
const COLUMNS = 80;

/** The form of text on a descriptor: on a terminal that can move its cursor, a line may be drawn anew. */
export interface Terminal {
  /** Whether escape codes and characters beyond ASCII are left out. */
  readonly plain: boolean;
  /** Columns that a line may use: the last stays free, for some terminals go on to the next line there. */
  readonly width: number;
}

/** Tells whether a line may be drawn anew, by a carriage return. */
export function canRedraw(descriptor: 1 | 2, { TERM = 'dumb' }: Environment = process.env): boolean {
  return isatty(descriptor) && TERM !== 'dumb' && TERM !== '';
}

/** Tells whether text is to be ASCII without escape codes: by NO_COLOR, or a locale that is not of UTF-8. */
export function isPlain(environment: Environment = process.env): boolean {
  const { NO_COLOR, TERM, LC_ALL, LC_CTYPE, LANG } = environment;
  const locale = LC_ALL || LC_CTYPE || LANG || 'C';
  return Boolean(NO_COLOR) || TERM === 'dumb' || !/utf-?8/i.test(locale);
}

/** Describes the terminal at a descriptor as it is now: its window may change. */
export function terminalAt(descriptor: 1 | 2): Terminal {
  // Node's streams are made only for terminals: they would make a pipe non-blocking for all who share it.
  const stream = descriptor === 1 ? process.stdout : process.stderr;
  return { plain: isPlain(), width: Math.max((stream.columns || COLUMNS) - 1, 1) };
}
