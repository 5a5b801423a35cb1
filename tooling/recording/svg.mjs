// A recording as a picture that moves by itself: no script, and nothing from elsewhere. It shows the end where motion is
// not wanted, or not known.

/** @import { Size } from './record.mjs' */
/** @import { Run, Screens, Version } from './screens.mjs' */

const CELL = { width: 8.4, height: 18 };
const FONT = 14;
const MARGIN = 14;
const PAPER = '#0d1117';
const INK = '#d0d7de';
/** Colours of a terminal by their numbers, as far as the demo uses them. */
const colours = new Map([
  [1, '#ff7b72'],
  [2, '#7ee787'],
  [6, '#39c5cf'],
]);
/** Characters that are drawn as boxes, whatever the font has, and how dense they are. */
const boxes = new Map([
  ['█', 1],
  ['░', 0.2],
]);

/**
 * @param {Screens} screens
 * @param {Size & { title: string, secondsAtEnd: number }} how
 */
export function svg({ lines, scrolled, seconds }, { columns, rows, title, secondsAtEnd }) {
  const [width, height] = [columns * CELL.width + 2 * MARGIN, rows * CELL.height + 2 * MARGIN];
  const total = seconds + secondsAtEnd;
  const at = (/** @type {number} */ time) => `${number((100 * time) / total)}%`;
  /** @type {string[]} */
  const motions = [];

  /** @param {Version} version */
  function motion({ from, to }) {
    const end = to === Infinity ? '' : `${at(to)}{visibility:hidden}`;
    const before = from === 0 ? '' : '0%{visibility:hidden}';
    motions.push(`@keyframes v${motions.length}{${before}${at(from)}{visibility:visible}${end}}`);
    const last = to === Infinity ? '' : ' class="past"';
    return `<g${last} style="animation-name:v${motions.length - 1}">`;
  }

  const drawn = lines.flatMap((versions, y) =>
    versions
      .filter(({ from, to, runs }) => from < to && runs.length > 0)
      .map((version) => `${motion(version)}${version.runs.map(placed(y)).join('')}</g>`),
  );
  const shift = (/** @type {number} */ above) => `transform:translateY(${number(-above * CELL.height)}px)`;
  const steps = scrolled.map(({ from, lines: above }) => `${at(from)}{${shift(above)}}`);
  const end = scrolled.at(-1)?.lines ?? 0;

  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${number(width)} ${number(height)}" width="${number(width)}" role="img">
<title>${escaped(title)}</title>
<style>
text{font:${FONT}px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;fill:${INK};white-space:pre}
.bold{font-weight:700;fill:#fff}.past{visibility:hidden}#all{${shift(end)}}
@media (prefers-reduced-motion:no-preference){
g{animation:${number(total)}s step-end infinite}#all{animation-name:scroll}
@keyframes scroll{${steps.join('')}}
${motions.join('\n')}
}
</style>
<rect width="100%" height="100%" rx="8" fill="${PAPER}"/>
<svg x="${MARGIN}" y="${MARGIN}" width="${number(columns * CELL.width)}" height="${rows * CELL.height}">
<g id="all">
${drawn.join('\n')}
</g>
</svg>
</svg>
`;
}

/** @param {number} y @returns a function that draws the runs of a line one after the other */
function placed(y) {
  let x = 0;
  return (/** @type {Run} */ run) => {
    const parts = run.text.split(/(█+|░+| {2,})/).map((part) => {
      const drawn = box(part, x, y, run) ?? text(part, x, y, run);
      x += part.length;
      return drawn;
    });
    return parts.join('');
  };
}

/** @param {string} part @param {number} x @param {number} y @param {Run} run */
function box(part, x, y, { colour }) {
  const density = boxes.get(part[0] ?? '');
  if (density === undefined) return undefined;
  const place = `x="${number(x * CELL.width)}" y="${y * CELL.height + 3}" width="${number(part.length * CELL.width)}" height="${CELL.height - 5}"`;
  return `<rect ${place} fill="${ink(colour)}"${density === 1 ? '' : ` opacity="${density}"`}/>`;
}

/** @param {string} part @param {number} x @param {number} y @param {Run} run */
function text(part, x, y, { colour, isBold }) {
  const words = part.trim();
  if (words === '') return '';
  const from = x + part.indexOf(words);
  const fill = colour === undefined ? '' : ` style="fill:${ink(colour)}"`;
  const place = `x="${number(from * CELL.width)}" y="${y * CELL.height + FONT}" textLength="${number(words.length * CELL.width)}"`;
  return `<text ${place}${isBold ? ' class="bold"' : ''}${fill}>${escaped(words)}</text>`;
}

/** @param {number | undefined} colour */
const ink = (colour) => (colour === undefined ? INK : (colours.get(colour) ?? INK));

/** @param {number} value */
const number = (value) => String(Math.round(value * 100) / 100);

/** @param {string} words */
const escaped = (words) => words.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
