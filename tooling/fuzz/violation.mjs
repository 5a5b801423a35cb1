// Thrown by an oracle when something forbidden happened.

export class Violation extends Error {
  /** @override */
  name = 'Violation';

  /**
   * @param {string} oracle its name, in a word or two: a case is minimised as long as the same one objects
   * @param {string} message
   * @param {ErrorOptions} [options]
   */
  constructor(oracle, message, options) {
    super(`${oracle}: ${message}`, options);
    this.oracle = oracle;
  }
}

/**
 * @param {unknown} condition
 * @param {string} oracle
 * @param {string | (() => string)} message
 * @returns {asserts condition}
 */
export function must(condition, oracle, message) {
  if (!condition) throw new Violation(oracle, typeof message === 'function' ? message() : message);
}

/**
 * Runs an action; an error of one of these classes is returned, any other is a violation.
 * @template T
 * @template {new (...parameters: never[]) => Error} Class
 * @param {readonly Class[]} classes
 * @param {() => T} action
 * @returns {{ value: T, error?: undefined } | { value?: undefined, error: InstanceType<Class> }}
 */
export function onlyThrows(classes, action) {
  try {
    return { value: action() };
  } catch (error) {
    if (!classes.some((each) => error instanceof each)) throw violationOf(error);
    return { error: /** @type {InstanceType<Class>} */ (error) };
  }
}

/**
 * Runs an action; any error is a violation.
 * @template T
 * @param {() => T} action
 */
export function neverThrows(action) {
  try {
    return action();
  } catch (error) {
    throw violationOf(error);
  }
}

/** @param {unknown} error a violation itself, or an unexpected error */
export function violationOf(error) {
  if (error instanceof Violation) return error;
  const text = error instanceof Error ? (error.stack ?? String(error)) : String(error);
  return new Violation('unexpected error', text, { cause: error });
}
