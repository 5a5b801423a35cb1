/**
 * Finds the processes on this machine that belong to a folder: by command line, working directory or
 * environment.
 */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

export interface FoundProcess {
  readonly pid: number;
  readonly commandLine: string;
  /** The working directory, with " (deleted)" after it if it is. */
  readonly workingDirectory: string;
}

export function processesOf(folder: string): FoundProcess[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => look(pid, folder) ?? []);
}

function look(pid: string, folder: string): FoundProcess | undefined {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    const environment = readFileSync(`/proc/${pid}/environ`, 'utf8');
    const workingDirectory = readlinkSync(`/proc/${pid}/cwd`);
    if (![commandLine, environment, workingDirectory].some((text) => text.includes(folder))) return undefined;
    return { pid: Number(pid), commandLine, workingDirectory };
  } catch {
    // The process has just ended, or is another user's.
    return undefined;
  }
}
