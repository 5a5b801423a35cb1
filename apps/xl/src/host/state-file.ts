/** Small JSON files in a host's folder for state: what is lost with one costs a figure or a remark. */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Returns the members of the object; none if the file is missing or damaged. */
export function readStateFile(path: string): [name: string, value: unknown][] {
  try {
    return Object.entries((JSON.parse(readFileSync(path, 'utf8')) as object | null) ?? {});
  } catch {
    return [];
  }
}

/** Replaces the file, best effort. */
export function writeStateFile(path: string, members: Readonly<Record<string, unknown>>): void {
  const growing = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    writeFileSync(growing, JSON.stringify(members), { mode: 0o600 });
    renameSync(growing, path);
  } catch {
    removeIfThere(growing);
  }
}

function removeIfThere(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // Where it could not be written, it need not be removed.
  }
}
