export type { SharedStream } from './mailbox.js';
export { shareReadable, shareWritable } from './pump.js';
export { StreamSink, StreamSource } from './stream.js';
