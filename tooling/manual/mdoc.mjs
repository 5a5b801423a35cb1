/**
 * Converts Markdown to mdoc, the language of manual pages: headings, paragraphs, lists and code as they are, a
 * table as a list whose first column is the tags. Links lose their addresses.
 */
import MarkdownIt from 'markdown-it';

/** @import { Token } from 'markdown-it' */

const markdown = new MarkdownIt({ html: true });

/**
 * Takes a section of a document, without its heading.
 * @param {string} document
 * @param {string} heading as it is written
 */
export function sectionOf(document, heading) {
  const [, , section] = new RegExp(`^(#+) ${heading}\n(.*?)(?=^\\1 |(?![^]))`, 'ms').exec(document) ?? [];
  if (section === undefined) throw new Error(`there is no section "${heading}" any more`);
  return section;
}

/** @param {string} text Markdown */
export function toMdoc(text) {
  /** @type {string[]} */
  const lines = [];
  const tokens = markdown.parse(text, {});
  for (let at = 0; at < tokens.length; at += 1) {
    const token = /** @type {Token} */ (tokens[at]);
    const inline = () => inlineText(tokens[(at += 1)]);
    if (token.type === 'heading_open') lines.push(`.Ss ${macroText(inline())}`);
    else if (token.type === 'inline') lines.push(...textLines(inlineText(token)));
    else if (token.type === 'fence' || token.type === 'code_block') lines.push(...literal(token.content));
    else if (token.type === 'paragraph_open' && !token.hidden) lines.push('.Pp');
    else if (token.type === 'bullet_list_open') lines.push('.Bl -bullet');
    else if (token.type === 'list_item_open') lines.push('.It');
    else if (token.type === 'bullet_list_close') lines.push('.El');
    else if (token.type === 'table_open') {
      const end = tokens.findIndex(({ type }, index) => index > at && type === 'table_close');
      lines.push(...tagList(tokens.slice(at, end)));
      at = end;
    }
  }
  return lines.filter((line, index) => !isSurplusBreak(line, lines[index - 1])).join('\n');
}

/**
 * Escapes plain text for a line of text.
 * @param {string} text
 */
export function escapeRoff(text) {
  return text.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^[.']/gm, '\\&$&');
}

/** @param {string} content */
function literal(content) {
  return ['.Bd -literal -offset indent', ...escapeRoff(content.trimEnd()).split('\n'), '.Ed'];
}

/** @param {Token[]} tokens those of a table */
function tagList(tokens) {
  /** @type {string[][]} */
  const rows = [];
  for (const token of tokens) {
    if (token.type === 'tr_open') rows.push([]);
    else if (token.type === 'inline') rows.at(-1)?.push(inlineText(token));
  }
  const [header = [], ...body] = rows;
  const items = body.flatMap(([tag = '', first = '', ...rest]) => {
    const more = rest.map((cell, index) => `(${header[index + 2] ?? ''}: ${cell})`);
    return [`.It ${macroText(tag)}`, ...textLines([first, ...more].join(' '))];
  });
  return ['.Bl -tag -width Ds', ...items, '.El'];
}

/** @param {Token | undefined} token */
function inlineText(token) {
  const parts = (token?.children ?? []).map(({ type, content }) => {
    if (type === 'code_inline') return `\\fB${escapeRoff(content)}\\fR`;
    if (type === 'text') return escapeRoff(content);
    if (type === 'softbreak') return '\n';
    if (type === 'strong_open') return '\\fB';
    if (type === 'em_open') return '\\fI';
    return type === 'strong_close' || type === 'em_close' ? '\\fR' : '';
  });
  return parts.join('');
}

/**
 * Begins a line with each sentence, as manual pages have it, and keeps to 80 columns.
 * @param {string} text
 */
function textLines(text) {
  const sentences = text.replaceAll('\n', ' ').split(/(?<=[a-z0-9)R][.?!]\)?) +(?=[A-Z\\])/);
  const lines = sentences.flatMap((sentence) => sentence.match(/\S.{0,77}(?=\s|$)|\S+/g) ?? []);
  return lines.map((line) => line.replace(/^(?=[.'])/, '\\&'));
}

/**
 * Quotes text as one argument of a macro.
 * @param {string} text
 */
function macroText(text) {
  return `"${text.replaceAll('\n', ' ').replaceAll('"', '""')}"`;
}

/** Tells whether a paragraph's break follows what breaks by itself. @param {string} line @param {string | undefined} before */
function isSurplusBreak(line, before) {
  return line === '.Pp' && (before === undefined || /^\.(?:Sh|Ss|It)/.test(before));
}
