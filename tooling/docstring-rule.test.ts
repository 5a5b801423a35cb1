import { RuleTester } from 'eslint';
import { describe, it } from 'vitest';
import { docstringRule } from './docstring-rule.mjs';

RuleTester.describe = describe;
RuleTester.it = it;

const leaning = (word: string) =>
  `A docstring begins with a verb or with the noun that it describes, not with "${word}".`;

new RuleTester().run('docstring', docstringRule, {
  valid: [
    '/** Reads the log into the bitmap, and clears it. */',
    '/** Whether the operator paused it. */',
    '/** libxl JSON of the configuration. */',
    "/** mig's record of a domain. */",
    '/** errno.h of Linux on x86. */',
    '/** `-T`: timestamps. */',
    '/** 64 MiB at this rate take 16 seconds. */',
    '/** Parses a range, see {@link parse}. @param text such as `0-3` @returns undefined for nonsense */',
    '/** Decides by the tables of @mig/protocol/handshake. */',
    '/** @returns whether it is there */',
    '/**\n * @param {string} text\n */',
    '/** @type {const} */ const a = 1;',
    '/**\n * Layout of the folder:\n *\n *     lock    held while something is removed\n */',
    '/**\n * Prints a table.\n *\n * usage: node table.mjs [FILE]\n */',
    // Other comments may lean on the line that they stand above.
    '// Of the suspend.',
    '/* and of nothing else */',
  ],
  invalid: [
    ['/** Of the holder of the lock. */', leaning('Of')],
    ['/** Its pid. */', leaning('Its')],
    ['/** What a domain writes. */', leaning('What')],
    ["/** Whoever's turn it is. */", leaning('Whoever')],
    ['/** With an output that nobody reads. @param path of it */', leaning('With')],
    ['/**\n * Where to listen.\n * @returns nothing\n */', leaning('Where')],
    [
      '/** One that watches. */',
      'A docstring begins with a verb or with the noun that it describes: name what is "one".',
    ],
    ['/** reads the log. */', 'A docstring begins with a capital letter.'],
    ['/** Reads the log */', 'A docstring ends with a full stop.'],
    ['/**\n * Reads the log\n * @param log of a domain\n */', 'A docstring ends with a full stop.'],
    ['/** Milliseconds. */', '"Milliseconds." alone describes nothing.'],
  ].map(([code = '', message = '']) => ({ code, errors: [{ message }] })),
});
