/** The connection to the server: its address, and what can be wrong with it. */
import { Redis, type RedisOptions } from 'ioredis';
import { EngineError } from './errors.js';

/** Milliseconds until a server that does not answer is given up at the beginning. */
const TIMEOUT = 10_000;
/** Longest pause in milliseconds between two attempts to reach a server that was lost. */
const LONGEST_PAUSE = 2000;

/** Codes with which a server refuses a login or its rights, at the beginning of its message. */
const DENIALS = ['WRONGPASS', 'NOAUTH', 'NOPERM'];

/**
 * Reads an address: `redis://[USER[:PASSWORD]@]HOST[:PORT][/DATABASE]`, or `rediss://` for TLS.
 * @param password used if the address has none
 * @throws EngineError
 */
export function optionsFrom(address: string, password?: string): RedisOptions {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    throw wrongAddress();
  }
  const database = url.pathname.slice(1);
  if (!['redis:', 'rediss:'].includes(url.protocol) || url.hostname === '') throw wrongAddress();
  if (!/^[0-9]*$/.test(database) || url.search !== '' || url.hash !== '') throw wrongAddress();
  const secret = url.password === '' ? password : decodeURIComponent(url.password);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? 6379 : Number(url.port),
    ...(url.username !== '' && { username: decodeURIComponent(url.username) }),
    ...(secret !== undefined && secret !== '' && { password: secret }),
    ...(database !== '' && { db: Number(database) }),
    ...(url.protocol === 'rediss:' && { tls: {} }),
  };
}

// The address may have a password: it is not repeated.
function wrongAddress(): EngineError {
  return new EngineError(
    'address',
    'the engine is an address such as redis://host:6379 or rediss://user@host',
  );
}

/** Connects once, to find out what is wrong; from then on a server that is lost is waited for. @throws EngineError */
export async function connect(options: RedisOptions): Promise<Redis> {
  let hasBegun = false;
  const client = new Redis({
    ...options,
    connectTimeout: TIMEOUT,
    maxRetriesPerRequest: null,
    retryStrategy: (times) => (hasBegun ? Math.min(times * 100, LONGEST_PAUSE) : null),
  });
  let last: unknown;
  client.on('error', (error) => (last = error));
  try {
    // Not its connect(), which would be made for lazy ones: a copy of them for a worker gives up if the server is lost just then.
    await new Promise<void>((resolve, reject) => {
      client.once('ready', resolve);
      client.once('end', () => reject(new Error('the connection was closed')));
    });
    await client.ping();
  } catch (error) {
    client.disconnect();
    throw engineErrorFrom(last ?? error, `${options.host}:${options.port}`);
  }
  hasBegun = true;
  return client;
}

function engineErrorFrom(error: unknown, server: string): EngineError {
  const { message, code } = error as NodeJS.ErrnoException;
  const said = message === '' ? (code ?? 'no answer') : message;
  if (DENIALS.some((word) => said.startsWith(word))) {
    return new EngineError('denied', `the engine at ${server} refuses the login: ${said}`, { cause: error });
  }
  return new EngineError('unreachable', `the engine at ${server} does not answer: ${said}`, { cause: error });
}
