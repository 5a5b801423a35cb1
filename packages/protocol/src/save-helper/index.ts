/** The protocol between libxl and its save helper. See messages.ts for the conversation on the wire. */
export * from './messages.js';
export * from './codec.js';
export * from './arguments.js';
