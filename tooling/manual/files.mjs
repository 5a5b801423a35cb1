/** Paths of the manual pages, below share/ of a prefix. */
export const manualPages = /** @type {const} */ (['man/man1/mig.1', 'man/man8/xl-save-helper.8']);

/** Paths of the manual's files: its pages, and completions. */
export const manualFiles = /** @type {const} */ ([
  ...manualPages,
  'bash-completion/completions/mig',
  'zsh/site-functions/_mig',
]);

/** Paths of those for the name `xl`, where that is mig. */
export const xlFiles = /** @type {const} */ (['bash-completion/completions/xl', 'zsh/site-functions/_xl']);
