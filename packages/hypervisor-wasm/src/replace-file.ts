import { renameSync, writeFileSync } from 'node:fs';

/** Writes a small file atomically, for this user alone. */
export function replaceFile(path: string, text: string): void {
  writePrivateFile(`${path}.new`, text);
  renameSync(`${path}.new`, path);
}

/** Writes a file for this user alone; an error names the file. */
export function writePrivateFile(path: string, content: string | Uint8Array): void {
  try {
    writeFileSync(path, content, { mode: 0o600 });
  } catch (error) {
    // Once a file is open, Node's error does not name it.
    throw Object.assign(error as Error, { path });
  }
}
