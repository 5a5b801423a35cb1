/** What a domain's folder holds. */
export const domainFiles = {
  /** libxl JSON. */
  configuration: 'configuration.json',
  /** The process that the domain lives in; until that says it is ready, the one that creates it. */
  process: 'process.json',
  /** Where it was sent, while it goes by the name that it then has. */
  sentTo: 'sent-to',
  socket: 'control.sock',
  console: 'console.log',
  /** The module that a created domain starts with. */
  kernel: 'kernel.wasm',
  /** What the process itself has to say: nothing, where all is well. */
  log: 'process.log',
} as const;
