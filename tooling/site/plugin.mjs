/**
 * Makes the site's pages of our documents: named by their headings, the decisions below their list, and each
 * heading with the anchor that it has on GitHub, so that a link works in both.
 */
import GithubSlugger from 'github-slugger';
import Token from 'markdown-it/lib/token.mjs';
import { Application, Converter, DocumentReflection, KindRouter, Slugger } from 'typedoc';

/** @import MarkdownIt from 'markdown-it' */
/** @import { PageDefinition, ProjectReflection } from 'typedoc' */

/** Priority of what is done before TypeDoc sorts. */
const EARLY = 1000;

class GithubAnchors extends Slugger {
  slugger = new GithubSlugger();

  constructor() {
    super({ lowercase: true });
  }

  /** @param {string} heading @override */
  slug(heading) {
    return this.slugger.slug(heading);
  }

  /** @param {string} anchor @override */
  hasAnchor(anchor) {
    return Object.hasOwn(this.slugger.occurrences, anchor);
  }
}

class GithubRouter extends KindRouter {
  /** @param {ProjectReflection} project @returns {PageDefinition[]} @override */
  buildPages(project) {
    const pages = super.buildPages(project);
    for (const { model } of pages) {
      if (model === project || model instanceof DocumentReflection)
        this.sluggers.set(model, new GithubAnchors());
    }
    return pages;
  }
}

/** @param {Application} application */
export function load(application) {
  application.renderer.defineRouter('mig', GithubRouter);
  application.converter.on(Converter.EVENT_CREATE_DOCUMENT, (_context, document) => {
    document.name = headingOf(document);
  });
  application.on(Application.EVENT_BOOTSTRAP_END, ({ options }) => {
    options.setValue('markdownItLoader', (/** @type {MarkdownIt} */ parser) => {
      parser.core.ruler.push('code-in-headings', ({ tokens }) => tokens.forEach(showCodeAsText));
    });
  });
  application.on(Application.EVENT_PROJECT_REVIVE, nestDecisions, EARLY);
}

/**
 * Makes the code in a heading text, which TypeDoc would leave out of the anchor.
 * @param {Token} token
 * @param {number} index
 * @param {Token[]} tokens
 */
function showCodeAsText(token, index, tokens) {
  if (tokens[index - 1]?.type !== 'heading_open') return;
  token.children = (token.children ?? []).flatMap((child) => {
    if (child.type !== 'code_inline') return [child];
    return [
      textToken('html_inline', '<code>'),
      textToken('text', child.content),
      textToken('html_inline', '</code>'),
    ];
  });
}

/** @param {string} type @param {string} content */
function textToken(type, content) {
  return Object.assign(new Token(type, '', 0), { content });
}

/** @param {DocumentReflection} document */
function headingOf({ name, content }) {
  return /^# (.*)/.exec(content.map(({ text }) => text).join(''))?.[1] ?? name;
}

/** @param {ProjectReflection} project */
function nestDecisions(project) {
  const documents = project.documents ?? [];
  const list = documents.find(({ name }) => name === 'Decisions');
  if (list === undefined) throw new Error('docs/decisions/README.md is not called "Decisions" any more');
  for (const document of documents.filter(({ name }) => /^[0-9]+\. /.test(name))) {
    project.removeChild(document);
    document.parent = list;
    list.addChild(document);
  }
}
