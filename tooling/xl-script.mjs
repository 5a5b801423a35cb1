/** Makes the script that takes the name xl: it hands on to the stock xl without starting Node. */
import { readFileSync } from 'node:fs';
import { OURS } from '../apps/xl/dist/stock/stock-command.js';

/**
 * @param {{ node: string, ours: string }} programs Node, and mig's `xl`
 * @returns {string} the script
 */
export function xlScript({ node, ours }) {
  /** @type {Record<string, string>} */
  const words = { NODE: node, OURS: ours, COMMANDS: OURS.join(' | ') };
  const template = readFileSync(new URL('xl.sh', import.meta.url), 'utf8');
  return template.replace(/@([A-Z]+)@/g, (mark, name) => (words[name] ?? mark).replaceAll("'", `'\\''`));
}
