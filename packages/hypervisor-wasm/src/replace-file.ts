import { renameSync, writeFileSync } from 'node:fs';

/** Writes a small file, whole or not at all, for this user alone. */
export function replaceFile(path: string, text: string): void {
  writePrivateFile(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Writes a file for this user alone; where that fails, the error names it. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    // Once a file is open, Node only says that a write has failed.
    throw Object.assign(error as Error, { path });
  }
}
