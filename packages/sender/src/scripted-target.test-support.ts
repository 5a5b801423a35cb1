import { Input, Interrupt, Output, pipe } from '@mig/posix';

/** A target whose messages are all sent beforehand, and that then hangs up or falls silent. */
export class ScriptedTarget {
  readonly channel: { readonly input: Input; readonly output: Output };
  readonly interrupt = Interrupt.create();
  readonly #heard: Input;
  readonly #say: Output;

  constructor(
    answers: Uint8Array[],
    readonly after: 'hangs-up' | 'is-silent',
  ) {
    const [answer, stream] = [pipe(65536), pipe(65536)];
    this.#say = new Output(answer.writeEnd, { subject: 'answers' });
    this.#heard = new Input(stream.readEnd, {
      subject: 'what was sent',
      timeout: { what: '', milliseconds: 0 },
    });
    const { interrupt } = this;
    this.channel = {
      input: new Input(answer.readEnd, { subject: 'the answer', interrupt }),
      output: new Output(stream.writeEnd, { subject: 'the stream', interrupt }),
    };
    for (const octets of answers) this.#say.write(octets);
    if (after === 'hangs-up') this.#say.close();
  }

  /** Sends more octets: one whenever the source has waited for 100 ms. */
  dribble(octets: Uint8Array): void {
    let said = 0;
    this.channel.input.whileWaiting = () => {
      if (said < octets.length) this.#say.write(octets.subarray(said, ++said));
    };
  }

  /** Stops reading. */
  deafen(): void {
    this.#heard.close();
  }

  /** Returns all that the source has sent; closes the channel. */
  heard(): string {
    this.channel.output.close();
    const octets = new Uint8Array(65536);
    let length = 0;
    for (let moved = -1; moved !== 0; length += moved) moved = this.#heard.readSome(octets.subarray(length));
    return new TextDecoder().decode(octets.subarray(0, length));
  }

  close(): void {
    this.channel.output.close();
    this.channel.input.close();
    this.#heard.close();
    if (this.after === 'is-silent') this.#say.close();
    this.interrupt.close();
  }
}
