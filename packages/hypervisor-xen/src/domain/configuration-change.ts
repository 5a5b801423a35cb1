/** Compares a domain's configuration at two times, both as libxl JSON. */

/**
 * Keys not compared: the name is checked elsewhere, and libxl keeps the one that the domain was created
 * under.
 */
const NOT_COMPARED = new Set(['c_info.name']);

/** @returns the first difference in words, such as `disks[1] was not there`; undefined if there is none */
export function configurationChange(before: string, after: string): string | undefined {
  return difference('', JSON.parse(before), JSON.parse(after));
}

function difference(path: string, before: unknown, after: unknown): string | undefined {
  if (NOT_COMPARED.has(path) || before === after) return undefined;
  if (before === undefined) return `${path} was not there`;
  if (after === undefined) return `${path} is no longer there`;
  if (!isTree(before) || !isTree(after)) {
    return `${path} was ${JSON.stringify(before)} and is ${JSON.stringify(after)}`;
  }
  for (const key of new Set([...Object.keys(before), ...Object.keys(after)])) {
    const part = Array.isArray(before) ? `${path}[${key}]` : path === '' ? key : `${path}.${key}`;
    const found = difference(part, before[key], after[key]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function isTree(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
