/**
 * The C library's functions, declared once. Everything that mig asks of the kernel and Node does not offer
 * goes through here. x86-64 and arm64 Linux share these prototypes and the constants below.
 */
import koffi from 'koffi';
import { PosixError } from './errors.js';

// Not imported from node:process: that would create the streams of standard output and error, which makes
// pipes there non-blocking for all processes that share them.
const { platform, arch } = process;
if (platform !== 'linux') throw new Error(`mig needs Linux: this is ${platform} on ${arch}`);

const library = koffi.load(null);

const functions = {
  pipe2: library.func('int pipe2(void *fds, int flags)'),
  fcntl: library.func('int fcntl(int fd, int command, long argument)'),
  fcntl_lock: library.func('int fcntl(int fd, int command, void *lock)'),
  poll: library.func('int poll(void *fds, unsigned long count, int timeout)'),
  read: library.func('long read(int fd, void *buffer, size_t length)'),
  write: library.func('long write(int fd, const void *buffer, size_t length)'),
  readv: library.func('long readv(int fd, const void *iov, int count)'),
  writev: library.func('long writev(int fd, const void *iov, int count)'),
  splice: library.func(
    'long splice(int from, void *fromOffset, int to, void *toOffset, size_t length, unsigned int flags)',
  ),
  lseek: library.func('long lseek(int fd, long offset, int whence)'),
  close: library.func('int close(int fd)'),
  dup2: library.func('int dup2(int from, int to)'),
  eventfd: library.func('int eventfd(unsigned int initial, int flags)'),
  memmove: library.func('uintptr_t memmove(void *to, const void *from, size_t length)'),
  copyOut: library.func('uintptr_t memcpy(void *to, uintptr_t from, size_t length)'),
  copyIn: library.func('uintptr_t memcpy(uintptr_t to, const void *from, size_t length)'),
  mmap: library.func(
    'intptr_t mmap(uintptr_t address, size_t length, int protection, int flags, int fd, long offset)',
  ),
  munmap: library.func('int munmap(uintptr_t address, size_t length)'),
  memfd_create: library.func('int memfd_create(const char *name, unsigned int flags)'),
  fallocate: library.func('int fallocate(int fd, int mode, long offset, long length)'),
  ftruncate: library.func('int ftruncate(int fd, long length)'),
  ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)'),
  syscall: library.func('long syscall(long number, long a, long b, long c)'),
  socket: library.func('int socket(int domain, int type, int protocol)'),
  connect: library.func('int connect(int fd, const void *address, unsigned int length)'),
  flock: library.func('int flock(int fd, int operation)'),
  setsid: library.func('int setsid(void)'),
  signal: library.func('intptr_t signal(int number, intptr_t disposition)'),
  execv: library.func('int execv(const char *path, const void *argv)'),
  _exit: library.func('void _exit(int status)'),
};

/** Compares octets; it cannot fail, and is called for each page. */
export const memcmp = library.func(
  'int memcmp(uintptr_t one, uintptr_t other, size_t length)',
) as unknown as (one: number, other: number, length: number) => number;

/** Copies octets; it cannot fail, and is called for each run of pages. */
export const memcpy = library.func(
  'uintptr_t memcpy(uintptr_t to, uintptr_t from, size_t length)',
) as unknown as (to: number, from: number, length: number) => number;

type Functions = typeof functions;

/**
 * Calls a function of the C library, and repeats the call as long as a signal interrupts it.
 * @returns its result, never negative
 * @throws PosixError if the result was negative; `subject` names what it was called on
 */
export function call(name: keyof Functions, subject: string, ...parameters: unknown[]): number {
  for (;;) {
    const result = attempt(name, ...parameters);
    if (result >= 0) return result;
    if (-result !== koffi.os.errno['EINTR']) throw new PosixError(name, -result, subject);
  }
}

/** Calls a function like `call`, but returns a failure as the negated error number. */
export function attempt(name: keyof Functions, ...parameters: unknown[]): number {
  const result = functions[name](...parameters) as number;
  return result < 0 ? -koffi.errno() : result;
}

/** Returns the number of an error by name; `attempt` returns it negated. */
export function errno(name: string): number {
  const number = koffi.os.errno[name];
  if (number === undefined) throw new RangeError(`no error is called ${name}`);
  return number;
}
