import { terminalText } from '@mig/protocol/terminal-text';

/**
 * Formats a value as indented JSON that is safe for a terminal: plain JSON leaves C1 controls and the like
 * as they are.
 */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, undefined, 4).split('\n').map(terminalText);
}
