/** Stock takes any unambiguous beginning of a command's name. */

/** @param argv what follows `xl` @returns the same with the command's name in full, where there is one such */
export function expandAbbreviation(argv: readonly string[], names: readonly string[]): string[] {
  const index = argv.findIndex((argument) => !argument.startsWith('-'));
  const word = argv[index];
  if (word === undefined || word === '' || names.includes(word)) return [...argv];
  const matches = names.filter((name) => name.startsWith(word));
  const [match] = matches;
  return match === undefined || matches.length > 1 ? [...argv] : argv.with(index, match);
}
