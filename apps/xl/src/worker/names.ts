/** What the operator calls the ends of a migration. */
export interface Names {
  /** Of the domain. */
  readonly name: string;
  /** The target, in words. */
  readonly where: string;
  /** That reached it. */
  readonly command: string;
}
