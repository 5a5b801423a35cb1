/** Finds C declarations of functions by name in the text of headers. */

/**
 * @param {string} headers
 * @param {readonly string[]} names
 * @returns {Map<string, string>} the declaration of each, in one line
 */
export function declarationsIn(headers, names) {
  const text = headers.replace(/\/\*[\s\S]*?\*\//g, ' ').replace(/^#(?:.*\\\n)*.*$/gm, ';');
  const found = new Map();
  for (const name of names) {
    const [, declaration] =
      new RegExp(`(?:^|[;{}])([^;{}]*\\b${name}\\s*\\([^;{]*\\))[^;{]*;`).exec(text) ?? [];
    if (declaration !== undefined) found.set(name, declaration.replace(/\s+/g, ' ').trim());
  }
  return found;
}

/**
 * Finds the functions that a file binds: `name: library.func(`, one a property.
 * @param {string} source
 */
export function boundIn(source) {
  return [...source.matchAll(/^ {4}((?:xc|xenforeignmemory|libxl|xs|xtl)_\w+):/gm)].map(
    ([, name = '']) => name,
  );
}
