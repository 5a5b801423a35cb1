/**
 * Access to the page. The token is in the fragment of the printed URL, which browsers send nowhere; the page gives it for a
 * cookie, once. A page of another site can send no such cookie (SameSite), has another Origin, and if its name is made to lead
 * here (DNS rebinding), another Host.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { isIP } from 'node:net';

const TOKEN_OCTETS = 16;

/** The right to see a page. */
export class PageAccess {
  /** Given in the URL. */
  readonly token = randomBytes(TOKEN_OCTETS).toString('base64url');
  /** Kept by browsers. */
  readonly #session = randomBytes(TOKEN_OCTETS).toString('base64url');
  #port = 0;

  /** @param names by which browsers may know this host, beside its addresses and localhost */
  constructor(private readonly names: readonly string[]) {}

  /** Names the cookie after the port: browsers keep the cookies of all ports of a host together. */
  set port(port: number) {
    this.#port = port;
  }

  /** Returns the cookie for a token; undefined if it is wrong. */
  cookieFor(token: unknown): string | undefined {
    if (typeof token !== 'string' || !isSame(token, this.token)) return undefined;
    return `${this.#cookie}=${this.#session}; Path=/; HttpOnly; SameSite=Strict`;
  }

  get #cookie(): string {
    return `mig-run-${this.#port}`;
  }

  /** Tells whether a request has the cookie. */
  hasSession({ cookie = '' }: IncomingHttpHeaders): boolean {
    const pairs = cookie.split(';').map((pair) => pair.trim());
    const start = `${this.#cookie}=`;
    return pairs.some((pair) => pair.startsWith(start) && isSame(pair.slice(start.length), this.#session));
  }

  /** Tells whether a request names this host: one that was led here under another name does not. */
  isForThisHost({ host = '' }: IncomingHttpHeaders): boolean {
    const name = urlOf(`http://${host}`)?.hostname;
    if (name === undefined || host === '') return false;
    const bare = name.replace(/^\[|\]$/g, '');
    return isIP(bare) !== 0 || bare === 'localhost' || this.names.includes(bare);
  }

  /** Tells whether a request comes from the page itself. */
  isFromPage({ host, origin, 'sec-fetch-site': site = 'same-origin' }: IncomingHttpHeaders): boolean {
    if (origin === undefined || host === undefined || site !== 'same-origin') return false;
    const from = urlOf(origin);
    // A proxy may speak TLS in front of it.
    return (
      from !== undefined &&
      [`http://${host}`, `https://${host}`].some((own) => urlOf(own)?.origin === from.origin)
    );
  }
}

function isSame(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}

function urlOf(text: string): URL | undefined {
  return URL.canParse(text) ? new URL(text) : undefined;
}
