/** The options before the command, as stock has them. */
export interface GlobalOptions {
  /** `-v`, times given. */
  verbosity: number;
  /** `-t`: progress overwrites its line, on a terminal or not. */
  forceProgress: boolean;
  /** `-T` */
  timestamps: boolean;
  /** `-f`: accepted; there is no xend to be careful of. */
  force: boolean;
  /** `-N`: only commands that say so take it. */
  dryRun: boolean;
}
