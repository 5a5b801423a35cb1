import type { OctetSource } from '@mig/channel';
import {
  announcesDigests,
  ConfigurationJsonError,
  configurationOf,
  offersExtension,
  parseConfigurationJson,
  StreamError,
  XlHeaderDecoder,
} from '@mig/protocol';
import { nameProblem } from '@mig/protocol/handshake';
import { pullFrom } from './pull.js';

export interface ArrivingConfiguration {
  /** The configuration as libxl JSON. */
  readonly configuration: string;
  /** The domain's name: c_info.name. */
  readonly name: string;
  /** Whether the source is mig, and looks for a hello. */
  readonly offersExtension: boolean;
  /** Whether its stream has digests. */
  readonly announcesDigests: boolean;
}

/**
 * Reads the xl header, with the domain's configuration in its optional data.
 * @throws StreamError if it is no xl header, or carries no configuration with a legal name
 */
export function readConfiguration(input: OctetSource): ArrivingConfiguration {
  const decoder = new XlHeaderDecoder();
  const [event] = pullFrom(decoder, input);
  // Without a header `pullFrom` throws.
  const { header } = event!;
  const configuration = configurationOf(header);
  const name = nameIn(configuration, decoder.offset);
  return {
    ...{ configuration, name },
    offersExtension: offersExtension(header),
    announcesDigests: announcesDigests(header),
  };
}

function nameIn(configuration: string, offset: number): string {
  let parsed: { c_info?: { name?: unknown } | null };
  try {
    parsed = parseConfigurationJson(configuration);
  } catch (cause) {
    if (!(cause instanceof ConfigurationJsonError)) throw cause;
    throw configurationError(offset, `it ${cause.message}`, cause);
  }
  const name = parsed.c_info?.name;
  if (typeof name !== 'string') throw configurationError(offset, 'it names no domain (c_info.name)');
  const problem = nameProblem(name);
  if (problem !== undefined) throw configurationError(offset, `the name in it (c_info.name) ${problem}`);
  return name;
}

function configurationError(offset: number, problem: string, cause?: unknown): StreamError {
  return new StreamError('bad-value', `the configuration in the xl header cannot be used: ${problem}`, {
    layer: 'xl',
    offset,
    field: 'optional data',
    cause,
  });
}
