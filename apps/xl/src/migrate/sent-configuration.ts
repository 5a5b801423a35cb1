import { readFileSync } from 'node:fs';
import type { Host } from '@mig/hypervisor';
import { domainConfiguration } from '../configuration/domain-configuration.js';
import { parseConfiguration } from '../configuration/parser.js';

interface LibxlConfiguration {
  c_info: Record<string, unknown>;
}

export interface SentConfigurationOptions {
  /** An xl.cfg file to use in place of the domain's own configuration (`-C`). */
  readonly file?: string | undefined;
  /** Asks the target for the same domid (`-D`). */
  readonly preserveDomid?: boolean | undefined;
}

/** The libxl JSON that goes ahead of the domain's stream. The domain stays the one it is: it keeps its UUID. */
export function sentConfiguration(
  host: Host,
  domid: number,
  { file, preserveDomid = false }: SentConfigurationOptions,
): string {
  const own = JSON.parse(host.configuration(domid)) as LibxlConfiguration;
  const sent = file === undefined ? own : configurationIn(file);
  sent.c_info['uuid'] = own.c_info['uuid'];
  if (preserveDomid) sent.c_info['domid'] = domid;
  return JSON.stringify(sent);
}

function configurationIn(file: string): LibxlConfiguration {
  const { json } = domainConfiguration(parseConfiguration(readFileSync(file, 'utf8'), file));
  return JSON.parse(json) as LibxlConfiguration;
}
