// Input and Output are channels: @mig/channel defines the bounds of their waits, and their errors.
export {
  type Deadline,
  deadlineIn,
  EndOfInputError,
  NO_TIMEOUT,
  InterruptedError,
  type InterruptReason,
  type Timeout,
  pause,
  type Pipe,
  TimeoutError,
  type Waiting,
} from '@mig/channel';
export { errorName, type ErrorName, PosixError } from './errors.js';
export {
  blockingPipe,
  closeDescriptor,
  closePipe,
  duplicateFrom,
  enlargePipe,
  LARGEST_PIPE,
  lockDescriptor,
  makeInheritable,
  openNonBlocking,
  pipe,
  positionOf,
  recordLockHolder,
  replaceDescriptor,
  setNonBlocking,
  tryLockDescriptor,
  tryLockRecord,
} from './descriptors.js';
export { setBits, whyNoWriteLog, WriteLog, WriteLogReader } from './write-log.js';
export { Input } from './input.js';
export { Interrupt, type SharedInterrupt } from './interrupt.js';
export { Iovec } from './iovec.js';
export { addressOf, copyMemory, createMemoryFile, mapOver, Mapping, sameMemory } from './mapping.js';
export { Output } from './output.js';
export { parseProcessStat, type ProcessStat } from './process-stat.js';
export { FileTooLongError, readSmallFile } from './small-file.js';
export { connectUnix } from './socket.js';
export { readVector, writeVector } from './vectors.js';
export { waitFor } from './wait.js';
export { execute, exitAtOnce, newSession, noteHandOver } from './session.js';
export { nextData, nextHole, punchHole } from './sparse-file.js';
export { whyNoZstd, ZSTD_LEVELS, ZSTD_LIBRARY, ZSTD_PACKAGE, ZstdDecoder, ZstdError } from './zstd.js';
export {
  type CompressedRun,
  ZstdThreads,
  ZstdThreadsError,
  type ZstdThreadsOptions,
} from './zstd-threads.js';
