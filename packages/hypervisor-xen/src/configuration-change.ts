/** What has become of a domain's configuration between two looks at it, both as libxl JSON. */

/** Said of the domain elsewhere, and libxl remembers the name that it was created under. */
const NOT_COMPARED = new Set(['c_info.name']);

/** @returns where they differ first, in words: `disks[1] was not there`; undefined where they are the same */
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
