/**
 * The server of the page:
 *
 *     GET  /, /page.js ...   the page, which tells nothing of the run
 *     POST /session          { token }, for a cookie
 *     GET  /session          whether the cookie is good
 *     GET  /events           views of the run, as Server-Sent Events
 *     POST /order            { run, order }, with --control
 */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PageAccess } from './access.js';
import { type PageAddress, whyNotListening } from './address.js';
import { type PageOrder, pageOrders } from './view.js';
import type { Viewers } from './viewers.js';

/** Files of the page by their paths, each with its media type. */
export type PageFiles = Readonly<Record<string, { readonly type: string; readonly text: string }>>;

/** The answer to an order: words for the operator, and whether it was taken. */
export interface OrderAnswer {
  readonly isTaken: boolean;
  readonly message: string;
}

export interface PageServerOptions {
  readonly files: PageFiles;
  /** Names by which browsers may know this host, beside its addresses and localhost. */
  readonly names: readonly string[];
  readonly viewers: Viewers;
  /** Carries out an order; undefined where the page is read-only. */
  readonly obey: ((run: string, order: PageOrder) => Promise<OrderAnswer>) | undefined;
}

/** Most connections at once, those included that have shown no cookie. */
const MOST_CONNECTIONS = 256;
/** Milliseconds in which a request must be complete. */
const REQUEST_TIMEOUT = 10_000;
/** Most octets of the body of a request. */
const LONGEST_BODY = 1024;

const HEADERS: Readonly<Record<string, string>> = {
  // Whatever a name holds, a browser fetches and runs nothing but the page's own files.
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; " +
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'",
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cache-Control': 'no-store',
};

export class PageServer {
  readonly #server: Server;
  readonly #access: PageAccess;

  constructor(private readonly options: PageServerOptions) {
    this.#access = new PageAccess(options.names);
    this.#server = createServer(
      { requestTimeout: REQUEST_TIMEOUT, headersTimeout: REQUEST_TIMEOUT },
      (request, response) => {
        this.#answer(request, response).catch(() => response.destroy());
      },
    );
    this.#server.maxConnections = MOST_CONNECTIONS;
  }

  /** The secret of the URL. */
  get token(): string {
    return this.#access.token;
  }

  /**
   * Listens at an address.
   * @returns the port
   * @throws Failure where it cannot
   */
  async listen(address: PageAddress): Promise<number> {
    try {
      this.#server.listen(address.port, address.host);
      await once(this.#server, 'listening');
    } catch (error) {
      throw whyNotListening(address, error as NodeJS.ErrnoException);
    }
    const { port } = this.#server.address() as AddressInfo;
    this.#access.port = port;
    return port;
  }

  /** Ends all connections. */
  async close(): Promise<void> {
    this.options.viewers.close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
    if (!this.#access.isForThisHost(request.headers)) {
      return say(response, 421, 'This server is not known under that name.');
    }
    const path = (request.url ?? '').split('?', 1)[0]!;
    const methods = this.#methodsOf(path);
    if (methods === undefined) return say(response, 404, 'There is nothing here.');
    const method = methods[request.method === 'HEAD' ? 'GET' : (request.method ?? '')];
    if (method === undefined) {
      response.setHeader('Allow', Object.keys(methods).join(', '));
      return say(response, 405, 'That cannot be done here.');
    }
    // Only the page itself may send anything.
    if (request.method === 'POST' && !this.#access.isFromPage(request.headers)) {
      return say(response, 403, 'Only the page itself may ask for that.');
    }
    await method(request, response);
  }

  #methodsOf(path: string): Readonly<Record<string, Method>> | undefined {
    const file = Object.hasOwn(this.options.files, path) ? this.options.files[path] : undefined;
    if (file !== undefined) {
      const headers = { 'Content-Type': `${file.type}; charset=utf-8` };
      return { GET: (_, response) => void response.writeHead(200, headers).end(file.text) };
    }
    switch (path) {
      case '/session':
        return {
          GET: (request, response) => void response.writeHead(this.#isKnown(request) ? 204 : 401).end(),
          POST: (request, response) => this.#open(request, response),
        };
      case '/events':
        return { GET: (request, response) => this.#view(request, response) };
      case '/order':
        return { POST: (request, response) => this.#order(request, response) };
      default:
        return undefined;
    }
  }

  #isKnown(request: IncomingMessage): boolean {
    return this.#access.hasSession(request.headers);
  }

  async #open(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await bodyOf(request, response);
    if (body === undefined) return;
    const cookie = this.#access.cookieFor(body['token']);
    if (cookie === undefined) return say(response, 403, 'That is not the token of this page.');
    response.writeHead(204, { 'Set-Cookie': cookie }).end();
  }

  #view(request: IncomingMessage, response: ServerResponse): void {
    if (!this.#isKnown(request)) return say(response, 401, UNKNOWN);
    if (this.options.viewers.isFull) return say(response, 503, 'Too many look at this page.');
    if (request.method === 'HEAD') return void response.end();
    this.options.viewers.add(response);
  }

  async #order(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!this.#isKnown(request)) return say(response, 401, UNKNOWN);
    const { obey } = this.options;
    if (obey === undefined)
      return say(response, 403, 'This page is read-only: --control makes it give orders.');
    const body = await bodyOf(request, response);
    if (body === undefined) return;
    const { run, order } = body;
    const wanted = pageOrders.find((each) => each === order);
    if (typeof run !== 'string' || wanted === undefined) return say(response, 400, 'That is no order.');
    const { isTaken, message } = await obey(run, wanted);
    say(response, isTaken ? 200 : 409, message);
  }
}

type Method = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

const UNKNOWN = "Open the page by the address that 'evacuate-status --serve' printed.";

function say(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`);
}

/** Answers all but the end, before which the rest of the request is read: a connection that closes with octets unread may lose its answer. */
function beginTooLong(response: ServerResponse): void {
  const text = 'That is too long.\n';
  response.writeHead(413, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
    Connection: 'close',
  });
  response.write(text);
}

/** Reads a small JSON object. @returns undefined if it is none, which has been answered */
async function bodyOf(
  request: IncomingMessage,
  response: ServerResponse,
): Promise<Readonly<Record<string, unknown>> | undefined> {
  if (request.headers['content-type'] !== 'application/json') {
    say(response, 415, 'That is not JSON.');
    return undefined;
  }
  const pieces: Buffer[] = [];
  let length = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    length += piece.length;
    if (length <= LONGEST_BODY) pieces.push(piece);
    else if (!response.headersSent) beginTooLong(response);
  }
  if (response.headersSent) {
    response.end();
    return undefined;
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(pieces).toString('utf8'));
    if (typeof value === 'object' && value !== null) return value as Record<string, unknown>;
  } catch {
    // It is answered below.
  }
  say(response, 400, 'That is not JSON.');
  return undefined;
}
