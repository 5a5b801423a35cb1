/**
 * The connection to libxl at the other end of standard input and output: see @mig/protocol/save-helper. It offers callbacks by a bit
 * each; one that it does not offer must not be asked for.
 */
import { HostError } from '@mig/hypervisor';
import { Input, Output } from '@mig/posix';
import { terminalText } from '@mig/protocol/terminal-text';
import {
  decodeReply,
  encodeHelperMessage,
  type HelperMessage,
  helperMessages,
} from '@mig/protocol/save-helper';

/** xentoollog_level of tools/include/xentoollog.h. */
export const LogLevel = { DEBUG: 1, VERBOSE: 2, DETAIL: 3, PROGRESS: 4, INFO: 5, WARN: 7, ERROR: 8 } as const;

/** The `errnoval` of a message that is not about an error. */
const NO_ERRNO = 0xffffffff;

const NAME = 'xl-save-helper';

/**
 * Most octets of a text: a message holds 65,535, and a text that does not fit must not cost libxl the
 * `complete` message.
 */
const LONGEST_TEXT = 60_000;

export class Libxl {
  readonly #input: Input;
  readonly #output: Output;

  /**
   * Talks to libxl without an interrupt: libxl answers each question, also during an abort that it asked
   * for itself, and log-dirty is switched off through the same conversation.
   * @param callbacks bit N: message N may be sent
   * @param channel descriptors: where replies come from, and messages go to
   */
  constructor(
    private readonly callbacks: number,
    channel = { input: 0, output: 1 },
  ) {
    this.#input = new Input(channel.input, { subject: "libxl's replies" });
    this.#output = new Output(channel.output, { subject: 'the messages to libxl' });
  }

  offers(callback: keyof typeof helperMessages): boolean {
    return ((this.callbacks >>> helperMessages[callback].type) & 1) !== 0;
  }

  log(level: number, text: string, errnoval = NO_ERRNO): void {
    this.#send({ name: 'log', level, errnoval, context: NAME, formatted: printable(text) });
  }

  progress(what: string, done: number, total: number): void {
    this.#send({
      name: 'progress',
      context: 'xc',
      doing_what: what,
      done: BigInt(done),
      total: BigInt(total),
    });
  }

  /**
   * Asks the guest to suspend, and waits until libxl says that it has.
   * @throws HostError `suspend-refused`
   */
  suspend(domid: number): void {
    if (!this.offers('suspend')) {
      throw new HostError('suspend-refused', 'libxl offers no way to suspend the domain', { domid });
    }
    if (this.#ask({ name: 'suspend' }) !== 1) {
      throw new HostError('suspend-refused', 'the guest did not suspend', { domid });
    }
  }

  /**
   * Has libxl switch the device model's log-dirty mode.
   * @throws HostError where the device model fails to do so
   */
  switchDeviceModelLog(domid: number, enabled: boolean): void {
    if (!this.offers('switch_qemu_logdirty')) return;
    if (this.#ask({ name: 'switch_qemu_logdirty', domid, enable: enabled ? 1 : 0 }) === 0) return;
    throw new HostError(
      'unavailable',
      `the device model cannot switch its dirty log ${enabled ? 'on' : 'off'}`,
      { domid },
    );
  }

  /**
   * Tells libxl that the static data is complete.
   * @throws HostError where libxl cannot supply what is missing
   */
  staticDataDone(domid: number, missing: number): void {
    if (!this.offers('static_data_done')) return;
    if (this.#ask({ name: 'static_data_done', missing }) === 0) return;
    throw new HostError('bad-guest', 'libxl cannot make up for the CPU policy that the image lacks', {
      domid,
    });
  }

  restoreResults(storeGfn: bigint, consoleGfn: bigint): void {
    if (!this.offers('restore_results')) return;
    this.#send({ name: 'restore_results', store_gfn: storeGfn, console_gfn: consoleGfn });
  }

  /** Sends the last message. `errnoval` 0 means success. */
  complete(errnoval: number): void {
    this.#ask({ name: 'complete', retval: errnoval === 0 ? 0 : -1, errnoval });
  }

  #send(message: HelperMessage): void {
    this.#output.write(encodeHelperMessage(message));
  }

  #ask(message: HelperMessage): number {
    this.#send(message);
    return decodeReply(this.#input.read(4));
  }
}

/** Replaces what Latin-1 lacks: libxl prints the octets of a message as they are. */
function printable(text: string): string {
  return terminalText(text)
    .slice(0, LONGEST_TEXT)
    .replace(/[^\x01-\xff]/g, '?');
}
