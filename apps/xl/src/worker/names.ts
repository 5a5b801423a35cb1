/** The operator's names for the ends of a migration. */
export interface Names {
  /** Name of the domain. */
  readonly name: string;
  readonly uuid: string;
  /** Name of the target, in words. */
  readonly where: string;
  /** The command that reached the target. */
  readonly command: string;
}
