import type { Failure } from './task.js';

export interface Names {
  /** Of the domain. */
  readonly name: string;
  /** The target, in words. */
  readonly where: string;
  /** That reached it. */
  readonly command: string;
}

/** The advice with the names that the operator knows. */
export function named(failure: Failure, { name, where, command }: Names): Failure {
  const names: Record<string, string> = { NAME: name, HOST: where };
  const advice = failure.advice.map((line) =>
    line.replace(/\b(?:NAME|HOST)\b/g, (word) => names[word] ?? word),
  );
  if (failure.outcome === 'untouched' || failure.outcome === 'unknown')
    advice.push(`The command was: ${command}`);
  return { ...failure, advice };
}
