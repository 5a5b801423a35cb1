export { EndOfInputError, errorName, InterruptedError, PosixError, TimeoutError } from './errors.js';
export {
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
  type Pipe,
} from './descriptors.js';
export { setBits, whyNoWriteLog, WriteLog, WriteLogReader } from './dirty-log.js';
export { Input } from './input.js';
export { Interrupt, type InterruptReason, type SharedInterrupt } from './interrupt.js';
export { Iovec } from './iovec.js';
export { addressOf, createMemoryFile, mapOver, Mapping, sameMemory } from './mapping.js';
export { Output, type ChannelOptions } from './output.js';
export { parseProcessStat, type ProcessStat } from './process-stat.js';
export { FileTooLongError, readSmallFile } from './small-file.js';
export { connectUnix } from './socket.js';
export { type Deadline, deadlineIn, FOR_EVER, pause, type Patience, type Waiting, waitFor } from './wait.js';
export { execute, exitAtOnce, newSession, noteHandOver } from './session.js';
