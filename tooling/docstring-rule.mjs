/** ESLint's rule for docstrings: each can be read alone, in a hover box. */

/** First words that lean on what is not in the box: prepositions, pronouns, conjunctions, question words. */
const leaning = new Set(
  `of to with in on by from until at for without within through before after during beyond beside besides
   behind below above since like as over under
   that this these those it its they their them we our nobody none nothing everybody everything somebody
   something someone whoever whatever whichever whose who whom another
   and or but so because although though while when where whenever wherever once if unless
   what which why how however also not only meanwhile there here then`.split(/\s+/),
);

/** Names that are written with a small letter wherever they stand. */
const smallNames = new Set(['mig', 'xl', 'libxl', 'libxc', 'libvirt', 'koffi', 'glibc']);

/** A tag that ends the description: an inline tag, such as a link, does not. */
const tag = /(?:^|\s)@[a-z]+(?=\s|$)/;

/**
 * Splits a docstring's description from its tags.
 * @param {string} value of the comment, without its slashes
 * @returns {string} without the asterisks; indentation stays, since indented lines are diagrams
 */
function descriptionOf(value) {
  const text = value.replace(/^\*+/, '').replaceAll(/\n[ \t]*\* ?/g, '\n');
  const end = text.replaceAll(/\{@[^}]*\}|`[^`\n]*`/g, (inline) => '~'.repeat(inline.length)).search(tag);
  return (end < 0 ? text : text.slice(0, end)).replace(/^\s*\n/, '').trimEnd();
}

/**
 * Finds what keeps a description from being read alone.
 * @param {string} description not empty
 * @returns {string | undefined} a sentence; undefined if it can be read alone
 */
function faultOf(description) {
  const [word = ''] = description.trim().split(/\s+/);
  const bare = word.replace(/('s|[,.:;])*$/, '');
  if (leaning.has(bare.toLowerCase()))
    return `A docstring begins with a verb or with the noun that it describes, not with "${bare}".`;
  if (/^One (?:that|which|who|of (?:the|those))\b/.test(description.trim()))
    return 'A docstring begins with a verb or with the noun that it describes: name what is "one".';
  if (/^[a-z]+$/.test(bare) && !smallNames.has(bare)) return 'A docstring begins with a capital letter.';
  const last = description.split('\n').at(-1) ?? '';
  const isDiagram = description.includes('\n') && /^(?: {2,}\S|usage: )/.test(last);
  if (!isDiagram && !/[.:?!]["'`)]*$|^```$/.test(last)) return 'A docstring ends with a full stop.';
  if (bare === description.trim().replace(/[.:]$/, ''))
    return `"${description.trim()}" alone describes nothing.`;
  return undefined;
}

/** @type {import('eslint').Rule.RuleModule} */
export const docstringRule = {
  meta: {
    type: 'suggestion',
    docs: { description: 'require docstrings that can be read alone' },
    schema: [],
  },
  create: ({ sourceCode, report }) => ({
    Program() {
      for (const { type, value, loc } of sourceCode.getAllComments()) {
        if (type !== 'Block' || !value.startsWith('*') || loc == null) continue;
        const description = descriptionOf(value);
        const message = description === '' ? undefined : faultOf(description);
        if (message !== undefined) report({ loc, message });
      }
    },
  }),
};
