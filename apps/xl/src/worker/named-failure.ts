import type { Names } from './names.js';
import type { Failure } from './task.js';

/** Puts the names that the operator knows into the advice. */
export function named(failure: Failure, { name, where, command }: Names): Failure {
  const names: Record<string, string> = { NAME: name, HOST: where };
  const advice = failure.advice.map((line) =>
    line.replace(/\b(?:NAME|HOST)\b/g, (word) => names[word] ?? word),
  );
  if (failure.outcome === 'untouched' || failure.outcome === 'unknown')
    advice.push(`The command was: ${command}`);
  return { ...failure, advice };
}
