/** The options before the command, as in stock. */
export interface GlobalOptions {
  /** Number of `-v` options. */
  verbosity: number;
  /** `-t`: progress overwrites its line, on a terminal or not. */
  forceProgress: boolean;
  /** `-T`: timestamps. */
  timestamps: boolean;
  /** `-f`: accepted; there is no xend to be careful of. */
  force: boolean;
  /** `-N`: only commands that say so take it. */
  dryRun: boolean;
}
