/** Colours and fonts of reports and plots. */

/** Fonts of which every system has one; nothing is fetched. */
export const FONT = 'system-ui, "DejaVu Sans", "Liberation Sans", Arial, sans-serif';

/** Colours on paper, distinct in print and for colour-blind readers (after Okabe and Ito). */
export const INK = {
  paper: 'white',
  text: '#1b1f24',
  quiet: '#57606a',
  grid: '#e4e7eb',
  dark: '#12436d',
  blue: '#0072b2',
  sky: '#9ecae9',
  orange: '#b34700',
  pale: '#f6dcc7',
} as const;

/** The same colours on a dark screen. */
const AT_NIGHT: Readonly<Record<keyof typeof INK, string>> = {
  paper: '#14181d',
  text: '#e6e9ec',
  quiet: '#a3adb8',
  grid: '#323a43',
  dark: '#b3d4f5',
  blue: '#4ea8e6',
  sky: '#2d6a9a',
  orange: '#f2914d',
  pale: '#55351f',
};

/** Marks rules that hold on a dark screen, not on paper. */
export const AT_NIGHT_ONLY = '@media screen and (prefers-color-scheme: dark)';

const names = Object.keys(INK) as (keyof typeof INK)[];

/** The rules by which a drawing in these colours changes them where the reader's screen is dark. */
export const NIGHT_RULES = names
  .flatMap((name) =>
    ['fill', 'stroke'].map((what) => `[${what}="${INK[name]}"] { ${what}: ${AT_NIGHT[name]}; }`),
  )
  .join('\n');

/** A style for a drawing that stands alone: dark where the reader's screen is. */
export const NIGHT_STYLE = `<style>${AT_NIGHT_ONLY} {\n${NIGHT_RULES}\n}</style>`;

/** The colours as variables of a page: `var(--text)`. */
export const DAY = declared(INK);
export const NIGHT = declared(AT_NIGHT);

function declared(inks: Readonly<Record<keyof typeof INK, string>>): string {
  return names.map((name) => `--${name}: ${inks[name]};`).join(' ');
}
