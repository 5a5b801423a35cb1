import { type Host, HostError } from '@mig/hypervisor';
import { MAX_CONFIGURATION } from '@mig/protocol';
import { isLocal, type LocalHost } from '../commands/local-host.js';
import { readConfigurationFile } from '../configuration/configuration-file.js';
import { domainConfiguration } from '../configuration/domain-configuration.js';
import { parseConfiguration } from '../configuration/parser.js';
import { Failure } from '../output/failure.js';

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
 * Reads the configuration that is to go with a domain in place of its own, before anything is done.
 * @returns undefined where there is none
 * @throws Failure where the domain could not live on with it: nothing could restore what was made of it
 */
export function replacementIn(file: string | undefined, host: Host, domid: number): string | undefined {
  if (file === undefined) return undefined;
  if (!isLocal(host)) {
    throw new Failure(
      'on a Xen host a domain goes with its own configuration: leave CONFIG out, or use the stock xl',
    );
  }
  const configuration = configurationIn(file);
  checkFit(host, host.configuration(domid), configuration, file);
  return configuration;
}

/** @param file names the configuration in the complaint @throws Failure */
export function checkFit(host: LocalHost, own: string, configuration: string, file: string): void {
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
