/** Parser of a JSON object from an untrusted sender: bounded before any value is made. */
import { MigError } from '@mig/errors';
import { utf8 } from './text.js';

/** The fault of a JSON object, worded to follow a name for the object. */
export class JsonObjectError extends MigError {
  override readonly name = 'JsonObjectError';
  readonly code = 'bad-json';
}

export interface JsonLimits {
  readonly octets: number;
  /** Deepest nesting of objects and lists. */
  readonly depth: number;
}

/** @throws JsonObjectError */
export function parseJsonObject(text: string, { octets, depth }: JsonLimits): Record<string, unknown> {
  if (text.length > octets || utf8(text).length > octets) {
    throw new JsonObjectError(`has more than ${octets} bytes`);
  }
  if (isDeeper(text, depth)) throw new JsonObjectError(`is nested deeper than ${depth}`);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new JsonObjectError('is not JSON', { cause });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new JsonObjectError('is not a JSON object');
  }
  return value as Record<string, unknown>;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const [OPEN_LIST, CLOSE_LIST] = [0x5b, 0x5d];
const [OPEN_OBJECT, CLOSE_OBJECT] = [0x7b, 0x7d];

/**
 * Tells whether the text nests deeper than `most`. Its answer for text that is not JSON means only that it is
 * not deeper.
 */
function isDeeper(text: string, most: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < text.length; at++) {
    const character = text.charCodeAt(at);
    if (character === QUOTE) inText = !inText;
    else if (inText) at += character === BACKSLASH ? 1 : 0;
    else if (character === OPEN_LIST || character === OPEN_OBJECT) depth++;
    else if (character === CLOSE_LIST || character === CLOSE_OBJECT) depth--;
    if (depth > most) return true;
  }
  return false;
}
