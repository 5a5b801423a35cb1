/** Checks the configuration that comes with a stream, before libxl gets it. */
import { HostError } from '@mig/hypervisor';
import { ConfigurationJsonError, parseConfigurationJson } from '@mig/protocol';

/**
 * Checks a configuration: libxl prints parts of it on standard error as they are, and accepts what its own
 * JSON never contains.
 * @throws HostError bad-configuration
 */
export function checkArriving(configuration: string): void {
  const parsed = parse(configuration);
  const { c_info: creation = {} } = parsed;
  if (!isTree(creation) || Array.isArray(creation)) refuse('c_info is not an object');
  const { uuid } = creation;
  if (uuid !== undefined && typeof uuid !== 'string') refuse('c_info.uuid is not a string');
  const odd = controlIn(parsed, '');
  if (odd !== undefined) refuse(`${odd} holds control characters`);
}

function parse(configuration: string): Record<string, unknown> {
  try {
    return parseConfigurationJson(configuration);
  } catch (error) {
    if (!(error instanceof ConfigurationJsonError)) throw error;
    throw new HostError('bad-configuration', `the configuration ${error.message}`, { cause: error });
  }
}

/** @returns the path of a text or key that could control a terminal */
function controlIn(value: unknown, path: string): string | undefined {
  if (typeof value === 'string') return hasControl(value) ? path : undefined;
  if (!isTree(value)) return undefined;
  for (const [key, each] of Object.entries(value)) {
    if (hasControl(key)) return `a key of ${path === '' ? 'it' : path}`;
    const part = Array.isArray(value) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const found = controlIn(each, part);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Tells whether a text has controls; line feeds and tabs are harmless. */
function hasControl(text: string): boolean {
  return /(?![\t\n])\p{Cc}/u.test(text);
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function refuse(what: string): never {
  throw new HostError('bad-configuration', `the configuration cannot be used: ${what}`);
}
