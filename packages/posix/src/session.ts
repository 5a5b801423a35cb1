import { call } from './libc.js';

/**
 * Leaves the terminal and the process group that this process was started in: a Ctrl-C there no longer reaches it.
 * @throws PosixError EPERM for the leader of a group
 */
export function newSession(): void {
  call('setsid', 'session');
}
