/** Commands at another host, over the connection that a migration would use. */
import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process';
import { heedSignals } from '../output/signals.js';
import { runeEnvironment, SHELL } from '../target/transport.js';

/** Most characters of an answer: a list of thousands of configurations. */
const LONGEST = 1 << 26;
const LONGEST_WORDS = 4096;

export interface Answer {
  /** Exit status; undefined if the command was killed, also because it took too long. */
  readonly status: number | undefined;
  readonly stdout: string;
  /** The last words on standard error. */
  readonly words: string;
}

/** Options of a process whose words are read; its own process group means that Ctrl-C reaches this process alone. */
export const HEARD: SpawnOptions = { stdio: ['ignore', 'pipe', 'pipe'], detached: true };

/** Starts a command at a host. */
export function startAt(sshCommand: string, host: string, command: string, options = HEARD): ChildProcess {
  const env = runeEnvironment(sshCommand);
  return spawn(SHELL, ['-c', `exec ${sshCommand} ${host} ${shellWord(command)}`], { env, ...options });
}

/** Runs a command at a host. */
export function runAt(sshCommand: string, host: string, command: string, timeout: number): Promise<Answer> {
  return answerOf(startAt(sshCommand, host, command), timeout);
}

/** Programs whose answers are awaited. */
const questions = new Set<ChildProcess>();

/** Ends all programs whose answers are awaited. */
export function endQuestions(): void {
  for (const child of questions) killGroup(child);
}

/** Has a signal also end the programs whose answers are awaited: they are in process groups of their own. */
export async function endingQuestions<T>(work: () => Promise<T>): Promise<T> {
  const endHeed = heedSignals((signal) => {
    endQuestions();
    endHeed();
    // As if it had not been heeded.
    process.kill(process.pid, signal);
  });
  try {
    return await work();
  } finally {
    endHeed();
  }
}

/** Collects what a program prints, until it ends. */
export function answerOf(child: ChildProcess, timeout: number): Promise<Answer> {
  questions.add(child);
  return new Promise((resolve) => {
    let stdout = '';
    let words = '';
    const end = (status: number | undefined) => {
      clearTimeout(late);
      questions.delete(child);
      resolve({ status, stdout, words: words.trim() });
    };
    // The whole group: the shell may wait for the program instead of having become it.
    const late = setTimeout(() => killGroup(child), timeout);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      if (stdout.length < LONGEST) stdout += text;
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = (words + text).slice(-LONGEST_WORDS);
    });
    child.once('error', (error) => {
      words = error.message;
      end(undefined);
    });
    child.once('close', (status) => end(status ?? undefined));
  });
}

export function killGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL');
  } catch {
    // The group is gone already.
  }
}

/** Makes a command line for another host that runs mig there, which is `mig` where stock's `xl` is, too. */
export function migThere(...words: readonly string[]): string {
  const args = words.map(shellWord).join(' ');
  // Whatever shell the login has there.
  return `exec sh -c ${shellWord(`if command -v mig > /dev/null; then exec mig ${args}; else exec xl ${args}; fi`)}`;
}

/** Quotes a word for a shell. */
export function shellWord(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
