/** A place in a configuration: lines and columns count from 1. */
export interface Place {
  /** A file name, or "command line". */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** A configuration that cannot be read, or that asks for something impossible. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';

  constructor(
    readonly rawMessage: string,
    readonly place?: Place,
  ) {
    super(place === undefined ? rawMessage : `${placeName(place)}: ${rawMessage}`);
  }
}

export function placeName({ source, line, column }: Place): string {
  return `${source}:${line}:${column}`;
}
