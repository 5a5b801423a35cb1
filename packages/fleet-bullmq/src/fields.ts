/** Checks fields of what a server has kept: whoever can write there must not run commands at a host. */
import { EngineError } from './errors.js';

type Fields = Readonly<Record<string, unknown>>;

/** Names of hosts become words of a shell's command line. */
const HOST = /^[A-Za-z0-9_][A-Za-z0-9._:@%-]*$/;
/** Identifiers become names of files. */
const IDENTIFIER = /^[A-Za-z0-9_-]{1,64}$/;

/** The fields of an object, each of which is checked when it is read. */
export class CheckedFields {
  readonly #fields: Fields;

  constructor(
    value: unknown,
    private readonly what: string,
  ) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(what);
    this.#fields = value as Fields;
  }

  /** Checks that the version of the format is the first. */
  schema(): 1 {
    if (this.#fields['schema'] !== 1) throw malformed(`${this.what}.schema`);
    return 1;
  }

  text(name: string): string {
    return this.#checked(name, isText);
  }

  identifier(name: string): string {
    return this.#checked(name, isIdentifier);
  }

  host(name: string): string {
    return this.#checked(name, isHost);
  }

  number(name: string, least = -Infinity): number {
    return this.#checked(
      name,
      (value): value is number => typeof value === 'number' && Number.isFinite(value) && value >= least,
    );
  }

  flag(name: string): boolean {
    return this.#checked(name, (value) => typeof value === 'boolean');
  }

  oneOf<T extends string>(name: string, words: readonly T[]): T {
    return this.#checked(name, (value): value is T => (words as readonly unknown[]).includes(value));
  }

  texts(name: string): string[] {
    return this.list(name).map((value) => checked(value, this.#path(name), isText));
  }

  hosts(name: string): string[] {
    return this.list(name).map((value) => checked(value, this.#path(name), isHost));
  }

  list(name: string): unknown[] {
    return this.#checked(name, (value): value is unknown[] => Array.isArray(value));
  }

  object(name: string): CheckedFields {
    return new CheckedFields(this.#fields[name], this.#path(name));
  }

  /** Returns all values of an object whose keys are not known beforehand. */
  record<T>(check: (fields: CheckedFields, name: string) => T): Record<string, T> {
    return Object.fromEntries(Object.keys(this.#fields).map((name) => [name, check(this, name)]));
  }

  /** Reads a field that may be absent; leaves it out then. */
  maybe<N extends string, T>(name: N, read: (name: N) => T): { [key in N]?: T } {
    return (this.#fields[name] === undefined ? {} : { [name]: read(name) }) as { [key in N]?: T };
  }

  #checked<T>(name: string, isRight: (value: unknown) => value is T): T {
    return checked(this.#fields[name], this.#path(name), isRight);
  }

  #path(name: string): string {
    return `${this.what}.${name}`;
  }
}

function checked<T>(value: unknown, path: string, isRight: (value: unknown) => value is T): T {
  if (!isRight(value)) throw malformed(path);
  return value;
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isHost(value: unknown): value is string {
  return isText(value) && HOST.test(value);
}

function isIdentifier(value: unknown): value is string {
  return isText(value) && IDENTIFIER.test(value);
}

function malformed(path: string): EngineError {
  return new EngineError('malformed', `${path} is missing or malformed`);
}
