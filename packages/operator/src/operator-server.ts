/** A server for the operators of a migration, as long as it runs. */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import type { MigrationEnd } from './wire/operator-protocol.js';
import { OperatorConnection, REQUEST_TIMEOUT } from './operator-connection.js';
import type { SteeredMigration } from './steered-migration.js';

/** Milliseconds between two statuses for `watch`, and timeout of the last message. */
const NEWS_INTERVAL = 200;
const GRACE = 500;
/** Most operators at a time. */
export const CONNECTIONS = 64;

export class OperatorServer {
  readonly #connections = new Set<OperatorConnection>();
  #newsDue: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: Server,
    private readonly migration: SteeredMigration,
    private readonly folderFd: number,
    private readonly timeout: number,
  ) {
    server.maxConnections = CONNECTIONS;
    server.on('connection', (socket) => this.#serve(socket));
    // The migration matters more than its observation.
    server.on('error', () => undefined);
    server.unref();
  }

  /**
   * @param path of the socket, where nothing exists yet; accessible only to this user and root
   * @param timeout milliseconds for a request to arrive complete
   * @throws the system's error
   */
  static async listen(
    path: string,
    migration: SteeredMigration,
    { timeout = REQUEST_TIMEOUT } = {},
  ): Promise<OperatorServer> {
    // Through the folder's descriptor: a socket's path is limited to 107 octets.
    const folderFd = openSync(dirname(path), 'r');
    const server = createServer();
    try {
      await new Promise<void>((resolve, reject) => {
        server.once('error', reject);
        server.listen(`/proc/self/fd/${folderFd}/${basename(path)}`, () => {
          server.off('error', reject);
          resolve();
        });
      });
      chmodSync(path, 0o600);
    } catch (error) {
      server.close();
      closeSync(folderFd);
      throw error;
    }
    return new OperatorServer(server, migration, folderFd, timeout);
  }

  /**
   * Tells watchers that the status has changed.
   * @param atOnce whether it must not be skipped in favour of a later one
   */
  news(atOnce = false): void {
    if (atOnce) {
      this.#tellWatchers();
    } else {
      this.#newsDue ??= setTimeout(() => this.#tellWatchers(), NEWS_INTERVAL).unref();
    }
  }

  /**
   * Stops listening.
   * @param end sent to those who wait for it; undefined if unknown
   */
  async close(end: MigrationEnd | undefined): Promise<void> {
    clearTimeout(this.#newsDue);
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    for (const connection of this.#connections) connection.finish(end);
    const late = setTimeout(() => {
      for (const connection of this.#connections) connection.drop();
    }, GRACE);
    await closed;
    clearTimeout(late);
    closeSync(this.folderFd);
  }

  #tellWatchers(): void {
    clearTimeout(this.#newsDue);
    this.#newsDue = undefined;
    for (const connection of this.#connections) connection.news();
  }

  #serve(socket: Socket): void {
    const connection = new OperatorConnection(socket, this.migration, this.timeout);
    this.#connections.add(connection);
    socket.unref();
    socket.on('close', () => this.#connections.delete(connection));
  }
}
