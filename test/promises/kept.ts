/** The form of this folder's data: which tests check what a document says. */

/** The reason why a sentence promises nothing. Anything that could be untrue is a promise. */
export type NoPromise =
  'advice' | 'context' | 'explanation' | 'heading' | 'other subject' | 'reference' | 'stock';

/** Tests that fail if the sentence is untrue; several if one does not cover it. */
export type Kept = readonly Test[];

export interface Test {
  readonly file: string;
  /**
   * Title of the test or of its row, or its beginning if the rest is filled in. In a case of the Xen lab:
   * words in it.
   */
  readonly title: string;
}

/**
 * A sentence by its beginning, as far as it is unique within its section. ` … ` stands for words left out:
 * every number of a promise must be named. A row of a table begins with `|`. Emphasis is left out.
 */
export type Sentence =
  readonly [says: string, because: NoPromise] | readonly [says: string, ...because: readonly Kept[]];

export interface Section {
  /** A file, or the command whose help it is. */
  readonly document: string;
  /** The heading with its marks. */
  readonly heading?: string;
  /** The beginning of the first paragraph, row or item beyond it. */
  readonly end?: string;
  /** Whether only rows of tables count. */
  readonly rowsOnly?: true;
  readonly sentences: readonly Sentence[];
}

/** @returns a function that names tests of a file by their titles */
export function testsOf(file: string): (...titles: readonly string[]) => Kept {
  return (...titles) => titles.map((title) => ({ file, title }));
}

/** Files with tests of goals, limits and conditions. */
export const settings = testsOf('packages/sender/src/policies/settings.test.ts');
export const figures = testsOf('packages/sender/src/precopy-stats.test.ts');
export const pacer = testsOf('packages/sender/src/pacer.test.ts');
export const probe = testsOf('packages/sender/src/line-probe.test.ts');
export const image = testsOf('packages/sender/src/save-image.test.ts');
export const simulate = testsOf('packages/sender/src/estimate/simulate.test.ts');
export const validated = testsOf('packages/sender/src/policies/user-policy.test.ts');
export const simple = testsOf('packages/sender/src/policies/simple-policy.test.ts');
export const source = testsOf('packages/sender/src/live-migrate.test.ts');
export const history = testsOf('apps/xl/src/target/route-history.test.ts');
export const steering = testsOf('apps/xl/src/worker/steering.test.ts');
export const ends = testsOf('apps/xl/src/worker/explain-failure.test.ts');
export const variables = testsOf('apps/xl-save-helper/src/settings.test.ts');
export const helper = testsOf('apps/xl-save-helper/src/helper.test.ts');
export const link = testsOf('apps/xl-save-helper/src/link.test.ts');
export const e2e = testsOf('test/slow/policies.test.ts');
export const loop = testsOf('test/migrate.test.ts');
export const front = testsOf('test/readme.test.ts');
export const refusals = testsOf('test/refusals.test.ts');
export const examples = testsOf('test/slow/policy-examples.test.ts');
