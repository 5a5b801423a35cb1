/** The name of a system's error: "ENOENT". What has none is put in its own words. */
export function codeOf(error: unknown): string {
  const { code } = (error ?? {}) as NodeJS.ErrnoException;
  return code ?? (error instanceof Error ? error.message : String(error));
}

/** Whether there is nothing of that name, which is all that may be taken for it. */
export function isMissing(error: unknown): boolean {
  return codeOf(error) === 'ENOENT';
}
