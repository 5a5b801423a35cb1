/** The report as one SVG: the plots above each other, the figures as text. */
import type { Drawing } from './charts.js';
import { circumstances, keyFigures, titleOf } from './facts.js';
import { FONT, INK, NIGHT_STYLE } from './ink.js';
import { escaped } from './plot.js';
import type { ReportModel } from './report-model.js';
import { passTable, type Table } from './tables.js';
import { verdictOf } from './verdict.js';
import { WIDTH } from './width.js';

const MARGIN = 20;
const LINE = 19;
/** Characters of a line, at an average width. */
const LETTERS = 114;
const BOLD = 100;

interface TextStyle {
  readonly size?: number;
  readonly weight?: number;
  readonly fill?: string;
}

/** A sheet to which parts are added from top to bottom. */
class Sheet {
  readonly #parts: string[] = [];
  y = MARGIN;

  text(content: string, { size = 13, weight = 400, fill = INK.text }: TextStyle = {}): void {
    this.y += Math.max(LINE, size * 1.3);
    this.#parts.push(
      `<text x="${MARGIN}" y="${this.y}" font-size="${size}" font-weight="${weight}" fill="${fill}">${escaped(content)}</text>`,
    );
  }

  space(height: number): void {
    this.y += height;
  }

  note(note = ''): void {
    for (const line of wrapped(note, 122)) this.text(line, { size: 12, fill: INK.quiet });
  }

  drawing({ title, note, svg }: Drawing): void {
    this.space(18);
    this.text(title, { size: 16, weight: 600 });
    this.space(8);
    const height = Number(/ height="([\d.]+)"/.exec(svg)?.[1] ?? 0);
    this.#parts.push(svg.replace('<svg ', `<svg x="${MARGIN}" y="${this.y}" `));
    this.y += height;
    this.note(note);
  }

  table({ caption, note, columns, rows }: Table): void {
    this.space(18);
    this.text(caption, { size: 16, weight: 600 });
    this.space(4);
    const width = WIDTH / columns.length;
    const row = (cells: readonly string[], role: string, fill: string) => {
      this.y += LINE;
      const texts = cells.map((cell, i) => {
        const { numbers } = columns[i]!;
        const x = MARGIN + width * i + (numbers ? width - 16 : 0);
        const anchor = numbers ? ' text-anchor="end"' : '';
        return `<text role="${role}" x="${x}" y="${this.y}" font-size="12" fill="${fill}"${anchor}>${escaped(cell)}</text>`;
      });
      return `<g role="row">${texts.join('')}</g>`;
    };
    const names = columns.map(({ name }) => name);
    const lines = [
      row(names, 'columnheader', INK.quiet),
      ...rows.map((cells) => row(cells, 'cell', INK.text)),
    ];
    this.#parts.push(`<g role="table" aria-label="${escaped(caption)}">${lines.join('\n')}</g>`);
    this.note(note);
  }

  render(title: string, description: string): string {
    const width = WIDTH + 2 * MARGIN;
    const height = Math.ceil(this.y + MARGIN);
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}"`,
      ` role="document" aria-label="${escaped(title)}" font-family="${escaped(FONT)}">`,
      `<title>${escaped(title)}</title><desc>${escaped(description)}</desc>`,
      NIGHT_STYLE,
      `<rect width="${width}" height="${height}" fill="${INK.paper}"/>`,
      ...this.#parts,
      '</svg>',
      '',
    ].join('\n');
  }
}

export function svgPage(model: ReportModel, drawn: readonly Drawing[]): string {
  const sheet = new Sheet();
  const title = titleOf(model);
  const { heading, sentences } = verdictOf(model);
  const verdict = `${heading}. ${sentences.join(' ')}`;
  for (const line of wrapped(title, 55)) sheet.text(line, { size: 24, weight: 600 });
  sheet.space(8);
  for (const line of wrapped(`${heading}.`, BOLD)) sheet.text(line, { weight: 600 });
  for (const line of sentences.flatMap((sentence) => wrapped(sentence))) sheet.text(line);
  const figures = keyFigures(model).map(([name, value]) => `${name} ${value}`);
  for (const line of wrapped(figures.join(' · '), BOLD)) sheet.text(line, { weight: 600 });
  sheet.space(6);
  for (const [name, value] of circumstances(model)) {
    for (const line of wrapped(`${name}: ${value}`)) sheet.text(line, { size: 12, fill: INK.quiet });
  }
  for (const each of drawn) sheet.drawing(each);
  sheet.table(passTable(model));
  return sheet.render(title, verdict);
}

/** Wraps text: SVG does not break lines. */
function wrapped(text: string, letters = LETTERS): string[] {
  if (text === '') return [];
  const lines: string[] = [''];
  for (const word of text
    .split(' ')
    .flatMap((each) => each.match(new RegExp(`.{1,${letters}}`, 'gs')) ?? [])) {
    const line = lines.at(-1)!;
    if (line === '') lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= letters) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}
