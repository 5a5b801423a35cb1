/**
 * Runs an action that fails.
 * @returns what it throws
 * @throws if it throws nothing, or an error of another kind
 */
export function failure(action: () => unknown): Error;
export function failure<E extends Error>(
  action: () => unknown,
  kind: abstract new (...details: never[]) => E,
): E;
export function failure(action: () => unknown, kind: abstract new (...details: never[]) => Error = Error) {
  try {
    action();
  } catch (error) {
    if (error instanceof kind) return error;
    throw error;
  }
  throw new Error('it did not fail');
}
