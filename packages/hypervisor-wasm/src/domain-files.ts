/** Files of a domain's folder. */
export const domainFiles = {
  /** libxl JSON of the configuration. */
  configuration: 'configuration.json',
  /** The domain's process; until it is ready, the process that creates the domain. */
  process: 'process.json',
  /** Present while the domain is not this host's: it is arriving, or was sent to where the file says. */
  elsewhere: 'elsewhere',
  socket: 'control.sock',
  console: 'console.log',
  /** The module that a created domain starts with. */
  kernel: 'kernel.wasm',
  /** The process's own messages: empty, if all is well. */
  log: 'process.log',
} as const;

/**
 * Names of all files that mig makes there, except the process's: any other file was put there by somebody
 * else.
 */
export const knownFiles: readonly string[] = [
  ...Object.values(domainFiles)
    .filter((name) => name !== domainFiles.process)
    .flatMap((name) => [name, `${name}.new`]),
  `${domainFiles.process}.new`,
  `${domainFiles.console}.0`,
];
