/** The code of a system error, such as "ENOENT", or else its message. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.message : String(error));
}

/** Tells whether the file does not exist: no other error may be taken for that. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}
