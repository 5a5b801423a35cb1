/** The report as an HTML page: without scripts, and without external resources. */
import type { Drawing } from './charts.js';
import { circumstances, type Facts, keyFigures, titleOf } from './facts.js';
import { escaped } from './plot.js';
import type { ReportModel } from './report-model.js';
import { STYLE } from './style.js';
import { decisionTable, passTable, stateTable, type Table } from './tables.js';
import { verdictOf } from './verdict.js';

/** The content security policy: whatever a name in the trace holds, a browser fetches and runs nothing. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'";

export function htmlPage(model: ReportModel, drawn: readonly Drawing[]): string {
  const title = titleOf(model);
  const { kind, heading, sentences } = verdictOf(model);
  return pageOf(
    title,
    [
      `<div class="verdict ${kind}"><p><strong>${escaped(heading)}.</strong></p>`,
      ...sentences.map((sentence) => `<p>${escaped(sentence)}</p>`),
      '</div>',
      list('figures', 'Key figures', keyFigures(model)),
      list('circumstances', 'Circumstances', circumstances(model)),
    ],
    [
      ...drawn.map(figure),
      '<section aria-labelledby="tables"><h2 id="tables">Figures</h2>',
      noteOf("Times count from the target's greeting."),
      ...[passTable(model), decisionTable(model), stateTable(model)].map(table),
      '</section>',
    ],
  );
}

/** Writes a page: what is below its title, and its main part. */
export function pageOf(title: string, header: readonly string[], main: readonly string[]): string {
  return [
    '<!doctype html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="${POLICY}">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    '<meta name="color-scheme" content="light dark">',
    `<title>${escaped(title)}</title>`,
    `<style>${STYLE}</style>`,
    '</head>',
    '<body>',
    '<header>',
    `<h1>${escaped(title)}</h1>`,
    ...header,
    '</header>',
    '<main>',
    ...main,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
}

export function list(kind: string, label: string, facts: Facts): string {
  const items = facts.map(
    ([name, value]) => `<div><dt>${escaped(name)}</dt><dd>${unbroken(escaped(value))}</dd></div>`,
  );
  return `<dl class="${kind}" aria-label="${label}">${items.join('')}</dl>`;
}

/** Keeps the names of options whole, which would else break at their hyphens. */
function unbroken(text: string): string {
  return text.replace(/--[a-z-]+/g, '<span class="option">$&</span>');
}

export function figure({ title, note, svg }: Drawing): string {
  return [
    `<figure><figcaption><h2>${escaped(title)}</h2></figcaption>`,
    region(title, svg),
    noteOf(note),
    '</figure>',
  ].join('\n');
}

/** Content that scrolls where it is wider than the window, also from the keyboard. */
function region(label: string, content: string): string {
  return `<div class="wide" role="region" tabindex="0" aria-label="${escaped(label)}">${content}</div>`;
}

function noteOf(note: string | undefined): string {
  return note === undefined ? '' : `<p class="note">${escaped(note)}</p>`;
}

export function table({ caption, note, columns, rows }: Table): string {
  if (rows.length === 0) return '';
  const kind = (index: number) => (columns[index]!.numbers ? ' class="number"' : '');
  const head = columns.map(({ name }, i) => `<th scope="col"${kind(i)}>${escaped(name)}</th>`).join('');
  const body = rows.map((cells) => {
    const [first, ...rest] = cells.map(escaped);
    const others = rest.map((cell, i) => `<td${kind(i + 1)}>${cell}</td>`).join('');
    return `<tr><th scope="row"${kind(0)}>${first ?? ''}</th>${others}</tr>`;
  });
  const content =
    `<table><caption>${escaped(caption)}</caption><thead><tr>${head}</tr></thead>` +
    `<tbody>${body.join('\n')}</tbody></table>`;
  return `<div class="table">${region(caption, content)}${noteOf(note)}</div>`;
}
