import { attempt, call } from './libc.js';

const AF_UNIX = 1;
const SOCK_STREAM_CLOEXEC = 0o2000001;
/** Most octets of a path: sizeof(sun_path) in sys/un.h, with room for its NUL. */
const LONGEST_PATH = 107;

/**
 * Connects to a Unix socket.
 * @param path a path of more than 107 octets is reached through /proc/self/fd of its folder
 * @throws PosixError ENOENT or ECONNREFUSED if nothing listens there
 */
export function connectUnix(path: string): number {
  const octets = new TextEncoder().encode(path);
  if (octets.length > LONGEST_PATH) throw new RangeError(`the socket's path is too long: ${path}`);
  const address = new Uint8Array(2 + octets.length + 1);
  new Uint16Array(address.buffer, 0, 1)[0] = AF_UNIX;
  address.set(octets, 2);
  const fd = call('socket', path, AF_UNIX, SOCK_STREAM_CLOEXEC, 0);
  try {
    call('connect', path, fd, address, address.length);
  } catch (error) {
    attempt('close', fd);
    throw error;
  }
  return fd;
}
