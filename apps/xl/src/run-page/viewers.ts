/** Viewers of the page, by Server-Sent Events. Each event is the whole view, so none is owed to anybody. */
import type { ServerResponse } from 'node:http';

/** Most viewers at once. */
const MOST = 64;
/** Milliseconds after which one that has read nothing is dropped. */
const PATIENCE = 30_000;

interface Viewer {
  /** Time since which it has not read what it was sent; undefined if it has. */
  behindSince?: number | undefined;
  /** Whether it has missed a view. */
  hasMissed: boolean;
}

export interface ViewersOptions {
  /** Called when the first one comes. */
  readonly onFirst: () => void;
  readonly patience?: number;
  readonly most?: number;
}

export class Viewers {
  readonly #viewers = new Map<ServerResponse, Viewer>();
  #latest: string | undefined;

  constructor(private readonly options: ViewersOptions) {}

  get count(): number {
    return this.#viewers.size;
  }

  get isFull(): boolean {
    return this.#viewers.size >= (this.options.most ?? MOST);
  }

  /** Whether a view is to be shown even if nothing has changed: somebody waits for the first one. */
  get isWaiting(): boolean {
    return this.#latest === undefined;
  }

  /** Sends the views to a response, beginning with the latest, until it is closed. */
  add(response: ServerResponse): void {
    const viewer: Viewer = { hasMissed: false };
    const isFirst = this.#viewers.size === 0;
    this.#viewers.set(response, viewer);
    response.once('close', () => this.#viewers.delete(response));
    response.on('drain', () => {
      viewer.behindSince = undefined;
      if (!viewer.hasMissed || this.#latest === undefined) return;
      viewer.hasMissed = false;
      this.#send(response, viewer, this.#latest);
    });
    response.writeHead(200, {
      'Content-Type': 'text/event-stream; charset=utf-8',
      'X-Accel-Buffering': 'no',
    });
    // Milliseconds until a browser that has lost the connection comes again.
    response.write('retry: 2000\n\n');
    // What was seen when nobody looked is old.
    if (isFirst) this.#latest = undefined;
    if (this.#latest !== undefined) this.#send(response, viewer, this.#latest);
    if (isFirst) this.options.onFirst();
  }

  /** Shows a view to all. One that has not read the last one misses this one; one that reads nothing for long is dropped. */
  show(view: object): void {
    this.#latest = `data: ${JSON.stringify(view)}\n\n`;
    const now = performance.now();
    for (const [response, viewer] of this.#viewers) {
      if (viewer.behindSince === undefined) this.#send(response, viewer, this.#latest);
      else if (now - viewer.behindSince > (this.options.patience ?? PATIENCE)) response.destroy();
      else viewer.hasMissed = true;
    }
  }

  #send(response: ServerResponse, viewer: Viewer, event: string): void {
    if (!response.write(event)) viewer.behindSince = performance.now();
  }

  close(): void {
    for (const response of this.#viewers.keys()) response.end();
  }
}
