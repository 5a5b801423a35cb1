/**
 * Reads a configuration file with the stock xl: no library has its parser, and xl.conf influences the
 * result.
 */
import { execFile } from 'node:child_process';
import { ConfigurationJsonError, MAX_CONFIGURATION, parseConfigurationJson } from '@mig/protocol';
import { quoted } from '@mig/protocol/terminal-text';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';
import { findStockXl } from './stock-xl.js';

/**
 * A dry run: it parses, prints and ends, and neither looks at domains nor changes any. CPU masks of xl.conf
 * are each host's own.
 */
const DRY_RUN = ['create', '--dryrun', '--quiet', '--ignore-global-affinity-masks', '--defconfig'];

interface Ended {
  readonly problem: string | undefined;
  readonly output: Buffer;
  readonly words: string;
}

/**
 * Has the stock xl parse a configuration file, as if it were to create the domain.
 * @param log takes its remarks and complaints
 * @returns libxl JSON
 * @throws Failure where stock refuses the file
 */
export async function stockConfiguration(
  file: string,
  log: Pick<Log, 'line'>,
  own = process.argv[1] ?? 'xl',
): Promise<string> {
  const xl = findStockXl(process.env, own);
  const { problem, output, words } = await run(xl, [...DRY_RUN, file]);
  for (const line of words.split('\n')) if (line !== '') log.line(line);
  if (problem !== undefined)
    throw new Failure(`${file} is no configuration that the stock xl takes: ${problem}`);
  return configurationOf(output);
}

/**
 * Finds the UUID that a file gives its domain. {@link stockConfiguration} alone cannot tell it from one
 * that stock made up, which differs each time.
 * @param configuration stock's result for the file
 * @param expected a UUID that needs no further question
 * @returns undefined if the file has none
 */
export async function saidUuid(
  file: string,
  configuration: string,
  expected: string | undefined,
  own?: string,
): Promise<string | undefined> {
  const uuid = uuidIn(configuration);
  if (uuid === expected) return uuid;
  // Its remarks have been shown already.
  const again = uuidIn(await stockConfiguration(file, { line: () => undefined }, own));
  return again === uuid ? uuid : undefined;
}

/** @param configuration libxl JSON @throws ConfigurationJsonError */
export function uuidIn(configuration: string): string | undefined {
  const creation = parseConfigurationJson(configuration)['c_info'];
  const uuid =
    typeof creation === 'object' && creation !== null && 'uuid' in creation ? creation.uuid : undefined;
  return typeof uuid === 'string' ? uuid : undefined;
}

function run(program: string, args: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const options = { encoding: 'buffer', maxBuffer: MAX_CONFIGURATION } as const;
    const child = execFile(program, args, options, (error, output, words) => {
      resolve({ problem: error === null ? undefined : reasonOf(error), output, words: words.toString() });
    });
    // A script in place of stock must not wait for input.
    child.stdin?.on('error', () => undefined).end();
  });
}

function reasonOf({ code, signal, message }: ExecFileError): string {
  if (typeof code === 'number') return `it ended with status ${code}`;
  if (typeof signal === 'string') return `it died of ${signal}`;
  return message;
}

interface ExecFileError extends Error {
  readonly code?: number | string | null | undefined;
  readonly signal?: NodeJS.Signals | null | undefined;
}

function configurationOf(output: Buffer): string {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(output).trim();
  } catch {
    throw new Failure('the configuration that the stock xl made of it is not text in UTF-8');
  }
  if (text.startsWith('(')) {
    throw new Failure('xl.conf of this host has output_format="sxp", and mig can read "json" alone');
  }
  try {
    parseConfigurationJson(text);
    return text;
  } catch (error) {
    if (!(error instanceof ConfigurationJsonError)) throw error;
    throw new Failure(`what the stock xl has printed of it ${error.message} (${quoted(text.slice(0, 60))})`);
  }
}
