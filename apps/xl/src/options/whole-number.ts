import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** Makes a parser of whole numbers for an option; it refuses anything else with the option's name. */
export function wholeNumber(option: string, least: number, most: number): (text: string) => number {
  return (text) => {
    const number = /^[0-9]+$/.test(text) ? Number(text) : NaN;
    if (number >= least && number <= most) return number;
    throw new Failure(
      `${option} must be a whole number from ${least} to ${most}, not '${text}'`,
      ExitStatus.usage,
    );
  };
}
