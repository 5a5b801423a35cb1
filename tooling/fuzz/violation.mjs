// What an oracle says when something happened that must not happen.

export class Violation extends Error {
  /** `oracle`: which of them, in a word or two. A case is minimised as long as the same one speaks. */
  constructor(oracle, message, options) {
    super(`${oracle}: ${message}`, options);
    this.name = 'Violation';
    this.oracle = oracle;
  }
}

export function must(condition, oracle, message) {
  if (!condition) throw new Violation(oracle, typeof message === 'function' ? message() : message);
}

/** Runs it; an error that is of one of these classes is returned, any other is a violation. */
export function onlyThrows(classes, action) {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof Violation || classes.some((each) => error instanceof each)) {
      if (error instanceof Violation) throw error;
      return error;
    }
    throw new Violation('unexpected error', String(error?.stack ?? error), { cause: error });
  }
}
