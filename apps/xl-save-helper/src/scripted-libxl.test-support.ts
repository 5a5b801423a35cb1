/** A scripted libxl: starts the helper, records what it says, and answers as the test says. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';
import { buffer, text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import {
  encodeReply,
  HelperMessageDecoder,
  type HelperMessage,
  helperMessages,
} from '@mig/protocol/save-helper';

const HELPER = fileURLToPath(new URL('../bin/xl-save-helper.cjs', import.meta.url));

/** Command lines as recorded; the stream is on descriptor 3. */
export const SAVE = '--save-domain 3 0 2 1 136 0';
export const RESTORE = '--restore-domain 3 -1 4 1 0 2 0 768 0';

export interface HelperOptions {
  readonly environment?: Readonly<Record<string, string>>;
  /** Whether our own xl listens, over descriptors 4 and 5. */
  readonly linked?: boolean;
  /** Shell commands to run before the helper starts. */
  readonly before?: string;
  /** The reply's value; undefined for no answer. */
  readonly answer?: (message: HelperMessage) => number | undefined;
}

export class ScriptedLibxl {
  readonly messages: HelperMessage[] = [];
  readonly child: ChildProcess;
  /** The helper's exit status or signal, and its standard error. */
  readonly ended: Promise<{ status: number | string; stderr: string; news: string }>;
  readonly #octets: Buffer[] = [];

  constructor(
    line: string,
    { environment = {}, linked = false, before = '', answer = () => 0 }: HelperOptions = {},
  ) {
    const { PATH = '' } = process.env;
    // The shell whose descriptors are duplicated is the process that the helper becomes.
    const become = `${before} ${linked ? 'MIG_HELPER_LINK=$$,4,5 ' : ''}exec "$0" "$@"`;
    const words = [process.execPath, HELPER, ...line.split(' ').filter((word) => word !== '')];
    this.child = spawn('sh', ['-c', become, ...words], {
      // The stream is descriptor 3; xl's two are 4 and 5.
      stdio: ['pipe', 'pipe', 'pipe', 'pipe', 'pipe', 'pipe'],
      // No compiled code is left in a cache.
      env: { PATH, MIG_CACHE_DIR: '', ...environment },
    });
    const { stdin, stdout, stderr, stdio } = this.child;
    // The helper may have ended before it reads an answer.
    stdin!.on('error', () => undefined);
    const decoder = new HelperMessageDecoder();
    stdout!.on('data', (chunk: Buffer) => {
      this.#octets.push(chunk);
      for (const message of decoder.push(chunk)) {
        this.messages.push(message);
        if (helperMessages[message.name].reply === 'none') continue;
        const reply = answer(message);
        if (reply !== undefined) stdin!.write(encodeReply(reply));
      }
    });
    this.ended = Promise.all([
      once(this.child, 'close') as Promise<[number | null, string | null]>,
      text(stderr!),
      buffer(stdio[4] as Readable),
    ]).then(([[status, signal], said, news]) => {
      decoder.end();
      return { status: status ?? signal ?? '', stderr: said, news: news.toString() };
    });
  }

  get octets(): Buffer {
    return Buffer.concat(this.#octets);
  }

  /** Waits until the helper has sent that message. */
  async heard(name: HelperMessage['name']): Promise<void> {
    const over = this.ended.then(({ stderr }) => {
      throw new Error(`it ended before ${name}: ${stderr}`);
    });
    while (!this.messages.some((message) => message.name === name)) {
      await Promise.race([once(this.child.stdout!, 'data'), over]);
    }
    // Its rejection is handled elsewhere.
    over.catch(() => undefined);
  }

  /** Closes both pipes, as when libxl is killed. */
  vanish(): void {
    this.child.stdin!.destroy();
    this.child.stdout!.destroy();
  }
}
