/** What libxl and its save helper say to each other. See messages.ts for the conversation on the wire. */
export * from './messages.js';
export * from './codec.js';
export * from './arguments.js';
