import { messageOf, MigError } from '@mig/errors';

/** Returns the code of an error of the system or of Node, such as "ENOENT", or else its message. */
export function codeOf(error: unknown): string {
  const { code, errno } = (error ?? {}) as NodeJS.ErrnoException;
  const isOurs = error instanceof MigError && errno === undefined;
  return code === undefined || isOurs ? messageOf(error) : code;
}

/** Tells whether the file does not exist: no other error may be taken for that. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}
