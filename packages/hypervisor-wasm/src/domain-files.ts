/** What a domain's folder holds. */
export const domainFiles = {
  /** libxl JSON. */
  configuration: 'configuration.json',
  /** The process that the domain lives in; until that says it is ready, the one that creates it. */
  process: 'process.json',
  /** There while the domain is not this host's: it is arriving, or was sent to where the file says. */
  elsewhere: 'elsewhere',
  socket: 'control.sock',
  console: 'console.log',
  /** The module that a created domain starts with. */
  kernel: 'kernel.wasm',
  /** What the process itself has to say: nothing, where all is well. */
  log: 'process.log',
} as const;

/** All names that mig gives to files there, the process's excepted: what else there is was put there by somebody else. */
export const knownFiles: readonly string[] = [
  ...Object.values(domainFiles)
    .filter((name) => name !== domainFiles.process)
    .flatMap((name) => [name, `${name}.new`]),
  `${domainFiles.process}.new`,
  `${domainFiles.console}.0`,
];
