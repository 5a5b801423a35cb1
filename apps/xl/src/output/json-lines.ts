import { terminalText } from '@mig/protocol/terminal-text';

/** A value as indented JSON, fit for a terminal: JSON itself leaves C1 controls and the like as they are. */
export function jsonLines(value: unknown): string[] {
  return JSON.stringify(value, undefined, 4).split('\n').map(terminalText);
}
