export type {
  AddressRanges,
  Bounds,
  Channel,
  OctetSink,
  OctetSource,
  Pipe,
  SinkDescriptor,
  SourceDescriptor,
} from './channel.js';
export { type EndOptions, ReadingEnd, WritingEnd } from './ends.js';
export { EndOfInputError, InterruptedError, StreamFailedError, TimeoutError } from './errors.js';
export { type Interrupt, type InterruptReason, MemoryInterrupt } from './interrupt.js';
export { MemorySink, MemorySource } from './memory.js';
export {
  type Deadline,
  deadlineIn,
  LOOK_INTERVAL,
  NO_TIMEOUT,
  type Timeout,
  pause,
  type Waiting,
  waitUntil,
} from './wait.js';
