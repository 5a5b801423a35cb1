import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { eventually } from './eventually.js';

/** The server's program: that of MIG_REDIS_SERVER, or the first of these on the PATH. */
const PROGRAMS = ['valkey-server', 'redis-server'];

export function serverProgram(): string {
  const asked = process.env['MIG_REDIS_SERVER'];
  if (asked !== undefined && asked !== '') return asked;
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  const isThere = (name: string) => folders.some((folder) => existsSync(join(folder, name)));
  return PROGRAMS.find(isThere) ?? 'redis-server';
}

/** A Redis or Valkey server on a port of its own, on loopback. */
export class RedisServer {
  #child: ChildProcess | undefined;
  #said = '';

  private constructor(
    readonly port: number,
    private readonly folder: string,
    private readonly options: readonly string[],
    private readonly hasTls = false,
  ) {}

  /** @param options as the server takes them: it keeps nothing on disk unless they say so */
  static async open(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(await freePort(), await mkdtemp(join(tmpdir(), 'mig-redis-')), options);
    await server.start();
    return server;
  }

  /** Opens one that is reached by TLS alone. */
  static async openTls(...options: string[]): Promise<RedisServer> {
    const server = new RedisServer(
      await freePort(),
      await mkdtemp(join(tmpdir(), 'mig-redis-')),
      options,
      true,
    );
    await server.start();
    return server;
  }

  url(login = ''): string {
    return `${this.hasTls ? 'rediss' : 'redis'}://${login}127.0.0.1:${this.port}`;
  }

  /** Starts it, with what it has kept on disk. */
  async start(): Promise<void> {
    this.#said = '';
    const port = String(this.port);
    const ports = this.hasTls ? ['--port', '0', '--tls-port', port] : ['--port', port];
    const args = [...ports, '--bind', '127.0.0.1', '--dir', this.folder, '--save', ''];
    const child = spawn(serverProgram(), [...args, ...this.options], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    this.#child = child;
    child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    await eventually(
      () => `${serverProgram()}; it said:\n${this.#said}`,
      () => this.#said.includes('Ready to accept connections') || undefined,
    );
  }

  /** Gives it a command as whoever may write there. */
  async run(...words: string[]): Promise<void> {
    const socket = connect(this.port, '127.0.0.1');
    try {
      const strings = words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`);
      socket.write(`*${words.length}\r\n${strings.join('')}`);
      const [answer] = (await once(socket, 'data')) as [Buffer];
      if (answer.toString().startsWith('-')) throw new Error(`${words.join(' ')}: ${answer.toString()}`);
    } finally {
      socket.destroy();
    }
  }

  /** Ends it. @param signal SIGTERM has it write what it keeps on disk */
  async stop(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill(signal);
    await exited;
  }

  /** Deletes what it has kept on disk; call only while it is stopped. */
  async forget(): Promise<void> {
    await rm(this.folder, { recursive: true, force: true });
    await mkdir(this.folder);
  }

  async close(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
