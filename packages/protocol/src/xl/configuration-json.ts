/** Parser of a domain's configuration as libxl JSON, from an untrusted sender. */
import { MigError } from '@mig/errors';
import { JsonObjectError, parseJsonObject } from '../octets/json-object.js';
import { MAX_CONFIGURATION, MAX_CONFIGURATION_DEPTH } from '../limits.js';

/** The fault of a configuration, worded to follow "the configuration". */
export class ConfigurationJsonError extends MigError {
  override readonly name = 'ConfigurationJsonError';
  readonly code = 'bad-configuration-json';
}

/** @throws ConfigurationJsonError */
export function parseConfigurationJson(text: string): Record<string, unknown> {
  try {
    return parseJsonObject(text, { octets: MAX_CONFIGURATION, depth: MAX_CONFIGURATION_DEPTH });
  } catch (error) {
    if (!(error instanceof JsonObjectError)) throw error;
    throw new ConfigurationJsonError(error.message, { cause: error.cause });
  }
}
