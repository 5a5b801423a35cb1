/** Runs an action that fails. @returns what it throws */
export function failure(action: () => void): Error {
  try {
    action();
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
