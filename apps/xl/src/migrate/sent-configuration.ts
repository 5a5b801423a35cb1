import { readConfigurationFile } from '../configuration/configuration-file.js';
import { domainConfiguration } from '../configuration/domain-configuration.js';
import { parseConfiguration } from '../configuration/parser.js';

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

/** Reads a configuration file that is to be sent, before anything is done. */
export function configurationIn(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
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
  return JSON.stringify(sent);
}
