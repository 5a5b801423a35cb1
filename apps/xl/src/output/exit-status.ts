/** Exit statuses of `xl`, for scripts. The first three are stock's. */
export const ExitStatus = {
  success: 0,
  /** The request failed; for `stream verify`, the stream departs from the specification. */
  failure: 1,
  /** The command line was wrong: an option, or a missing or surplus argument. */
  usage: 2,
  /**
   * The target had permission to run the domain and did not report: check on both hosts which one runs it.
   */
  outcomeUnknown: 3,
  /** The domain runs at the target, and its old copy here could not be destroyed. */
  remnantLeft: 4,
  /** The domain is suspended here, and could not be resumed. */
  suspendedHere: 5,
  /** `--abort-if-busy`: precopy did not converge within its limits; the domain keeps running here. */
  busy: 6,
  /** The operator, a timeout or the operator's policy ended the migration; the domain keeps running here. */
  aborted: 7,
  /** The reader of the output is gone: the status that a shell shows for a process that SIGPIPE ended. */
  outputClosed: 141,
} as const;
