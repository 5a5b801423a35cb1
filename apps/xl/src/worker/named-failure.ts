import type { Names } from './names.js';
import type { TaskFailure } from './task.js';

/** Puts the names that the operator knows into the advice. */
export function named(failure: TaskFailure, { name, uuid, where, command }: Names): TaskFailure {
  const names: Record<string, string> = { NAME: name, THE_UUID: uuid, HOST: where };
  const advice = failure.advice.map((line) =>
    line.replace(/\b(?:NAME|THE_UUID|HOST)\b/g, (word) => names[word] ?? word),
  );
  const isUnclear = failure.outcome === 'untouched' || failure.outcome === 'unknown';
  if (isUnclear && failure.stoppedBy === undefined && failure.refusal === undefined)
    advice.push(`The command was: ${command}`);
  return { ...failure, advice };
}
