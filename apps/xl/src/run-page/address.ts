/** The address of `--serve`, and failures to listen there. */
import { isIP } from 'node:net';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

export interface PageAddress {
  /** An IP address, or a name. */
  readonly host: string;
  readonly port: number;
}

const LOOPBACK = '127.0.0.1';

/** Parses `[ADDRESS:]PORT`. An IPv6 address is in brackets. */
export function pageAddress(text: string): PageAddress {
  const [, bracketed, plain, digits = ''] =
    /^(?:(?:\[([^\]]*)\]|([^\s:[\]/@?#]+)):)?([0-9]{1,5})$/.exec(text) ?? [];
  const port = digits === '' ? NaN : Number(digits);
  const isAddress = bracketed === undefined || isIP(bracketed) === 6;
  if (!(port <= 65_535) || !isAddress) {
    throw new Failure(
      `--serve must be a port, or an address and a port, such as 8080, 192.0.2.1:8080 or [::1]:8080, not '${text}'`,
      ExitStatus.usage,
    );
  }
  return { host: bracketed ?? plain ?? LOOPBACK, port };
}

/** Writes a host as it is written in a URL. */
export function urlHost(host: string): string {
  return isIP(host) === 6 ? `[${host}]` : host;
}

/** Tells whether only this machine reaches an address. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'));
}

/** Says why nothing can listen at an address. */
export function whyNotListening({ host, port }: PageAddress, error: NodeJS.ErrnoException): Failure {
  const at = `${urlHost(host)}:${port}`;
  return new Failure(`--serve: ${words()}`, undefined, { cause: error });

  function words(): string {
    const { code = '' } = error;
    if (code === 'EADDRINUSE') return `${at} is taken: another port, or 0 for any that is free`;
    if (code === 'EACCES') return `no permission for ${at}: ports below 1024 are root's as a rule`;
    if (code === 'EADDRNOTAVAIL') return `${host} is no address of this host`;
    if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return `no address is known for ${host}`;
    return `${at}: ${error.message}`;
  }
}
