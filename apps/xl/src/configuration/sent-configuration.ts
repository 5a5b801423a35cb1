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

/** Changes to a domain's configuration for what goes ahead of its stream. */
export interface SentConfiguration {
  /** libxl JSON in place of the domain's own (`-C`). */
  readonly json?: string | undefined;
  /** Asks the target for the same domid (`-D`). */
  readonly preserveDomid?: boolean | undefined;
}

/**
 * Reads the configuration that is to go with a domain in place of its own, before anything is done. What a domain of Xen is
 * made of the stock xl says, which has made it.
 * @param log takes what the stock xl remarks
 * @returns undefined where there is none
 * @throws Failure where it cannot be read, or the domain could not live on with it: nothing could restore what was made of it
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

/** @param file names the configuration in the complaint @throws Failure */
export function checkFit(host: Host, own: string, configuration: string, file: string): void {
  const problem = host.misfit(own, configuration);
  if (problem !== undefined) throw new Failure(`${file} does not fit the domain: ${problem}`);
}

/** Reads a configuration file. */
export function configurationIn(file: string): string {
  return domainConfiguration(parseConfiguration(readConfigurationFile(file), file)).json;
}

/**
 * Makes the libxl JSON that goes ahead of the domain's stream. The domain stays the one it is: it keeps its UUID.
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
  const message = `its configuration has ${octets} octets, at most ${MAX_CONFIGURATION} can be sent`;
  throw new HostError('bad-configuration', message, { domid });
}
