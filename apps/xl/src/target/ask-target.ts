/** Asks a target what it would say of a domain, over the connection that a migration would use. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout } from 'node:timers/promises';
import { BANNER } from '@mig/protocol/handshake';
import {
  type Check,
  decodeAnswer,
  encodeQuestion,
  failed,
  passed,
  PREFLIGHT_GREETING,
  PreflightMessageError,
  type PreflightQuestion,
  unknown,
} from '@mig/protocol/preflight';
import { quoted } from '@mig/protocol/terminal-text';
import { awaitSignal } from './connecting.js';
import { commandWords, endedHere, likelyCause, type Way } from './early-end.js';
import { endFamily } from './end-family.js';
import { runeEnvironment, SHELL } from './transport.js';

/**
 * A stock xl, or an older mig, refuses the first command and describes itself as far as it can; its kernel
 * names the processors.
 */
const REMOTE = "'xl migrate-receive --check || (xl info; grep -m 1 ^vendor_id /proc/cpuinfo; xl list -v)'";
const BANNER_LINE = new TextDecoder().decode(BANNER).trimEnd();
/** The start of an answer: a shell's greetings may come before it. */
const BEGINNING = new RegExp(`^(${PREFLIGHT_GREETING}|${BANNER_LINE.replaceAll('.', '\\.')})\\r?\\n`, 'm');
const ANSWER = new RegExp(`^${PREFLIGHT_GREETING}\\r?\\n(.*?)\\r?\\n`, 'm');
/** Most characters of an answer: enough for a list of thousands of domains. */
const LONGEST_TEXT = 1 << 20;
const LONGEST_WORDS = 4096;
/** Exit status of ssh, if it fails itself. */
const SSH_FAILED = 255;
/** Time for the connection to close once all is said, in milliseconds. */
const GRACE = 5000;

export interface Route extends Way {
  /** Time for each answer, login included, in milliseconds. */
  readonly timeout: number;
}

/**
 * @returns what the target says, and whether it could be asked
 * @throws Failure at a signal
 */
export async function askTarget(question: PreflightQuestion, route: Route): Promise<readonly Check[]> {
  const { signal, end } = awaitSignal();
  const conversation = new Conversation(route);
  try {
    return await Promise.race([conversation.hold(question), signal]);
  } catch (error) {
    await conversation.abandon();
    throw error;
  } finally {
    await conversation.close();
    end();
  }
}

class Conversation {
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #ended: Promise<string>;
  readonly #route: Route;
  #text = '';
  #words = '';
  #heard: () => void = () => undefined;
  #isOver = false;

  constructor(route: Route) {
    const { sshCommand, host } = route;
    this.#route = route;
    const command = sshCommand === '' ? host : `exec ${sshCommand} ${host} ${REMOTE}`;
    this.#child = spawn(SHELL, ['-c', command], {
      env: runeEnvironment(sshCommand),
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    // If it ends early, its exit tells why.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      if (!this.#saysTooMuch) this.#text += text;
      this.#heard();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#words = (this.#words + text).slice(-LONGEST_WORDS);
    });
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => resolve(`could not be started: ${error.message}`));
      this.#child.once('close', (status, signal) => {
        resolve(signal === null ? `exited with status ${status ?? 'unknown'}` : `died of ${signal}`);
      });
    });
    void this.#ended.then(() => {
      this.#isOver = true;
      this.#heard();
    });
  }

  async hold(question: PreflightQuestion): Promise<readonly Check[]> {
    const { sshCommand } = this.#route;
    let asked: string;
    try {
      asked = encodeQuestion(question);
    } catch (error) {
      if (!(error instanceof PreflightMessageError)) throw error;
      return [unknown('configuration', `the question ${error.message}: the target is not asked`)];
    }
    const first = await this.#until(BEGINNING);
    if (first === 'late')
      return [failed('reach', `it did not answer within ${this.#route.timeout / 1000} s${this.#said()}`)];
    if (first === BANNER_LINE) {
      const advice =
        sshCommand === ''
          ? ': write --check into the command'
          : ': whoever logs in there may do nothing else';
      return [unknown('reach', `the receiving end itself was started there${advice}`)];
    }
    if (first === undefined) return this.#withoutMig(question);
    this.#child.stdin.write(`${asked}\n`);
    const answer = await this.#until(ANSWER);
    if (answer === 'late')
      return [unknown('reach', `it was reached, and did not answer within ${this.#route.timeout / 1000} s`)];
    return this.#answered(answer);
  }

  #answered(answer: string | undefined): readonly Check[] {
    try {
      if (answer === undefined) throw new PreflightMessageError('did not come');
      return [passed('reach', 'it was reached, and mig answers there'), ...decodeAnswer(answer)];
    } catch (error) {
      if (!(error instanceof PreflightMessageError)) throw error;
      return [unknown('reach', `it was reached, and its answer ${error.message}${this.#said()}`)];
    }
  }

  /** Judges by what a stock xl, or an older mig, says of itself. */
  async #withoutMig(question: PreflightQuestion): Promise<readonly Check[]> {
    const { exitCode } = this.#child;
    if (/^(xen_major|hypervisor|free_memory) *:/m.test(this.#text)) {
      const { checkStockTarget } = await import('@mig/hypervisor-xen/preflight');
      return [
        passed('reach', 'it was reached, and an xl answers there'),
        ...checkStockTarget(question, this.#text),
      ];
    }
    if (this.#saysTooMuch) return [failed('reach', 'it was reached, and what answers there is no xl')];
    const how = await this.#ended;
    const command = commandWords(this.#route);
    const end = { status: exitCode, said: `${this.#text}\n${this.#words}` };
    const what = exitCode === SSH_FAILED || endedHere(end) ? 'it was not reached' : 'no xl answers there';
    const cause = likelyCause(end, this.#route);
    const why = cause === undefined ? '' : `; ${cause}`;
    return [failed('reach', `${what}: ${command} ${how}${this.#said()}${why}`)];
  }

  get #saysTooMuch(): boolean {
    return this.#text.length > LONGEST_TEXT;
  }

  /** The last line on standard error, if any. */
  #said(): string {
    const last = this.#words.trim().split('\n').at(-1)!.trim();
    return last === '' ? '' : ` (${quoted(last)})`;
  }

  /** @returns the line sought; undefined if the output ends without it */
  async #until(sought: RegExp): Promise<string | undefined> {
    const timeout = lateIn(this.#route.timeout);
    try {
      for (;;) {
        const news = new Promise<void>((resolve) => (this.#heard = resolve));
        const found = sought.exec(this.#text)?.[1];
        if (found !== undefined) return found;
        if (this.#isOver || this.#saysTooMuch) return undefined;
        if ((await Promise.race([news, timeout.expired])) === 'late') return 'late';
      }
    } finally {
      timeout.end();
    }
  }

  /** Ends the command, whatever it is doing. */
  async abandon(): Promise<void> {
    if (!this.#isOver) await endFamily(this.#child.pid);
  }

  async close(): Promise<void> {
    this.#child.stdin.end();
    const grace = lateIn(GRACE);
    const how = this.#saysTooMuch ? 'late' : await Promise.race([this.#ended, grace.expired]);
    grace.end();
    if (how === 'late') await endFamily(this.#child.pid);
    for (const stream of [this.#child.stdin, this.#child.stdout, this.#child.stderr]) stream.destroy();
  }
}

/** Starts a wait, which resolves to `late` unless it is ended first. */
function lateIn(milliseconds: number): { readonly expired: Promise<'late' | undefined>; end(): void } {
  const ending = new AbortController();
  const expired = setTimeout(milliseconds, 'late' as const, { signal: ending.signal }).catch(() => undefined);
  return { expired, end: () => ending.abort() };
}
