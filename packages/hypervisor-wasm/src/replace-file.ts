import { renameSync, writeFileSync } from 'node:fs';

/** Writes a small file, whole or not at all, for this user alone. */
export function replaceFile(path: string, text: string): void {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
