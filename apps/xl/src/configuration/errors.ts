/** Where something stands in a configuration: lines and columns from 1. */
export interface Place {
  /** A file's name, or "command line". */
  readonly source: string;
  readonly line: number;
  readonly column: number;
}

/** A configuration that cannot be read, or that asks for what is not to be had. */
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
