import { type Host, HostError } from '@mig/hypervisor';
import { MAX_CONFIGURATION } from '@mig/protocol';
import { isLocal } from '../host/local-host.js';
import { readConfigurationFile } from './configuration-file.js';
import { domainConfiguration } from './domain-configuration.js';
import { parseConfiguration } from './parser.js';
import { Failure } from '../output/failure.js';
import type { Log } from '../output/log.js';

interface LibxlConfiguration {
  c_info: Record<string, unknown>;
}

/** Changes to a domain's configuration for the one that precedes its stream. */
export interface SentConfiguration {
  /** The libxl JSON in place of the domain's own (`-C`). */
  readonly json?: string | undefined;
  /** Whether to request the same domid from the target (`-D`). */
  readonly preserveDomid?: boolean | undefined;
}

/**
 * Reads the configuration that replaces a domain's own on the way, before anything is done. For a domain of
 * Xen the stock xl, which has made the domain, interprets the file.
 * @param log gets the remarks of the stock xl
 * @returns undefined if there is no replacement
 * @throws Failure if it cannot be read, or if the domain could not live on with it, since it could not be
 * restored then
 */
export async function replacementIn(
  file: string | undefined,
  host: Host,
  domid: number,
  log: Log,
): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const own = host.configuration(domid);
  const configuration = isLocal(host) ? configurationIn(file) : await readByStock(file, own, log);
  checkFit(host, own, configuration, file);
  return configuration;
}

async function readByStock(file: string, own: string, log: Log): Promise<string> {
  const { saidUuid, stockConfiguration, uuidIn } = await import('../stock/stock-configuration.js');
  const configuration = await stockConfiguration(file, log);
  const uuid = uuidIn(own);
  const said = await saidUuid(file, configuration, uuid);
  if (said !== undefined && said !== uuid) {
    throw new Failure(`${file} does not fit the domain: its UUID is ${said}, and the domain's ${uuid}`);
  }
  return configuration;
}

/**
 * Checks that the domain could live on with a configuration.
 * @param file names the configuration in the error
 * @throws Failure
 */
export function checkFit(host: Host, own: string, configuration: string, file: string): void {
  const problem = host.misfit(own, configuration);
  if (problem !== undefined) throw new Failure(`${file} does not fit the domain: ${problem}`);
}

/** Reads a configuration file. */
export function configurationIn(file: string): string {
  return domainConfiguration(parseConfiguration(readConfigurationFile(file), file)).json;
}

/**
 * Makes the libxl JSON that precedes the domain's stream. The domain keeps its identity, i.e. its UUID.
 * @param own the domain's configuration
 */
export function sentConfiguration(
  own: string,
  domid: number,
  { json = own, preserveDomid = false }: SentConfiguration,
): string {
  const sent = JSON.parse(json) as LibxlConfiguration;
  sent.c_info['uuid'] = (JSON.parse(own) as LibxlConfiguration).c_info['uuid'];
  if (preserveDomid) sent.c_info['domid'] = domid;
  const text = JSON.stringify(sent);
  const octets = Buffer.byteLength(text);
  if (octets <= MAX_CONFIGURATION) return text;
  const message = `its configuration has ${octets} bytes, at most ${MAX_CONFIGURATION} can be sent`;
  throw new HostError('bad-configuration', message, { domid });
}
