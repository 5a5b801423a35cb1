/**
 * The command lines by which libxl starts its save helper. Source: recorded from stock 4.17.
 *
 *     --save-domain    IO_FD RECV_FD      DOMID FLAGS CBFLAGS STREAM_TYPE
 *     --restore-domain IO_FD SEND_BACK_FD DOMID STORE_EVTCHN STORE_DOMID CONSOLE_EVTCHN CONSOLE_DOMID CBFLAGS STREAM_TYPE
 *
 * All decimal. Bit N of CBFLAGS: libxl has a callback for message N; another must not be sent.
 */
export interface SaveArguments {
  readonly mode: 'save';
  readonly ioFd: number;
  /**
   * A duplicate of xl's own standard input in a plain stream, where it has no meaning: it must never be read.
   */
  readonly recvFd: number;
  readonly domid: number;
  /** Bit 0: live; bit 1: debug (a VERIFY pass). */
  readonly flags: number;
  readonly callbackFlags: number;
  /** Kind of stream: 0 plain, 1 Remus, 2 COLO. */
  readonly streamType: number;
}

export interface RestoreArguments {
  readonly mode: 'restore';
  readonly ioFd: number;
  /** The descriptor back to the source; -1 for none. Used by COLO only. */
  readonly sendBackFd: number;
  readonly domid: number;
  readonly storeEvtchn: number;
  readonly storeDomid: number;
  readonly consoleEvtchn: number;
  readonly consoleDomid: number;
  readonly callbackFlags: number;
  readonly streamType: number;
}

/** Bits of the FLAGS of a save. */
export const SaveFlag = { LIVE: 1, DEBUG: 2 } as const;

/**
 * Parses the helper's arguments. Throws RangeError for another number of arguments, or for one that is no
 * number.
 * @param argv without the program's name
 */
export function parseHelperArguments(argv: readonly string[]): SaveArguments | RestoreArguments {
  const [mode, ...rest] = argv;
  const due = mode === '--save-domain' ? 6 : mode === '--restore-domain' ? 9 : -1;
  if (due < 0) throw new RangeError(`${mode ?? 'nothing'} is neither --save-domain nor --restore-domain`);
  if (rest.length !== due) throw new RangeError(`${mode} takes ${due} arguments, not ${rest.length}`);
  const numbers = rest.map((text) => {
    if (!/^-?\d{1,15}$/.test(text)) throw new RangeError(`${JSON.stringify(text)} is not a decimal number`);
    return Number(text);
  });
  const at = (index: number): number => numbers[index] ?? 0;
  if (due === 6) {
    const [ioFd, recvFd, domid, flags, callbackFlags, streamType] = [
      at(0),
      at(1),
      at(2),
      at(3),
      at(4),
      at(5),
    ];
    return { mode: 'save', ioFd, recvFd, domid, flags, callbackFlags, streamType };
  }
  return {
    mode: 'restore',
    ioFd: at(0),
    sendBackFd: at(1),
    domid: at(2),
    storeEvtchn: at(3),
    storeDomid: at(4),
    consoleEvtchn: at(5),
    consoleDomid: at(6),
    callbackFlags: at(7),
    streamType: at(8),
  };
}
