/** Listens for the operators of a migration, for as long as it runs. */
import { chmodSync, closeSync, openSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { basename, dirname } from 'node:path';
import type { MigrationEnd } from './wire/operator-protocol.js';
import { OperatorConnection, REQUEST_PATIENCE } from './operator-connection.js';
import type { SteeredMigration } from './steered-migration.js';

/** Milliseconds between two statuses for those who watch, and that the last words may take. */
const NEWS_INTERVAL = 200;
const GRACE = 500;
/** Operators at a time. */
export const CONNECTIONS = 64;

export class OperatorServer {
  readonly #connections = new Set<OperatorConnection>();
  #newsDue: NodeJS.Timeout | undefined;

  private constructor(
    private readonly server: Server,
    private readonly migration: SteeredMigration,
    private readonly folderFd: number,
    private readonly patience: number,
  ) {
    server.maxConnections = CONNECTIONS;
    server.on('connection', (socket) => this.#serve(socket));
    // The migration matters, not that it can be watched.
    server.on('error', () => undefined);
    server.unref();
  }

  /**
   * @param path where nothing is yet; for this user and root alone from then on
   * @param patience milliseconds for a request to come whole
   * @throws what the system says
   */
  static async listen(
    path: string,
    migration: SteeredMigration,
    { patience = REQUEST_PATIENCE } = {},
  ): Promise<OperatorServer> {
    // Through the folder's descriptor: a socket's path may have 107 octets only.
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
    return new OperatorServer(server, migration, folderFd, patience);
  }

  /** The status has changed. @param atOnce it is not to be passed over by what follows */
  news(atOnce = false): void {
    if (atOnce) {
      this.#tellWatchers();
    } else {
      this.#newsDue ??= setTimeout(() => this.#tellWatchers(), NEWS_INTERVAL).unref();
    }
  }

  /**
   * Nobody can connect any more.
   * @param end what those who wait for it are told; undefined where nobody knows
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
    const connection = new OperatorConnection(socket, this.migration, this.patience);
    this.#connections.add(connection);
    socket.unref();
    socket.on('close', () => this.#connections.delete(connection));
  }
}
