/**
 * Draws plots as SVG without a browser: vega-lite specifications, rendered by vega. Loading them takes half
 * a second: import this only when a plot is made.
 */
import type * as vega from 'vega';
import type { TopLevelSpec } from 'vega-lite';

export interface Plot {
  /** The plot's accessible name, in a line. */
  readonly title: string;
  /** The plot's content in a sentence or two, for readers who do not see it. */
  readonly description: string;
  /**
   * A vega-lite specification, without title, description and config. Clipped marks and gradients are not
   * allowed: their ids would be the same in every plot.
   */
  readonly spec: Readonly<Record<string, unknown>>;
}

/** Fonts of which every system has one; nothing is fetched. */
export const FONT = 'system-ui, "DejaVu Sans", "Liberation Sans", Arial, sans-serif';

/** Colours: dark on white, distinct in print and for colour-blind readers (after Okabe and Ito). */
export const INK = {
  text: '#1b1f24',
  quiet: '#57606a',
  grid: '#e4e7eb',
  dark: '#12436d',
  blue: '#0072b2',
  sky: '#9ecae9',
  orange: '#b34700',
  pale: '#f6dcc7',
} as const;

const config = {
  background: 'white',
  font: FONT,
  view: { stroke: null },
  axis: {
    labelColor: INK.text,
    titleColor: INK.text,
    labelFontSize: 12,
    titleFontSize: 12,
    titleFontWeight: 'normal',
    gridColor: INK.grid,
    domainColor: INK.quiet,
    tickColor: INK.quiet,
    labelPadding: 4,
    labelLimit: 400,
    titlePadding: 8,
  },
  legend: {
    labelColor: INK.text,
    labelFontSize: 12,
    labelLimit: 400,
    orient: 'top',
    title: null,
    direction: 'horizontal',
    columnPadding: 18,
  },
  text: { color: INK.text, fontSize: 11 },
} as const;

/**
 * @returns one `<svg>` element, with a title, a description and a role; without scripts and external
 * resources
 */
export async function plotSvg({ title, description, spec }: Plot): Promise<string> {
  const [drawing, lite] = await Promise.all([import('vega'), import('vega-lite')]);
  const { spec: compiled } = lite.compile({ ...spec, description: title, config } as TopLevelSpec);
  const view = new drawing.View(drawing.parse(compiled), {
    renderer: 'none',
    logLevel: drawing.Error,
    loader: nowhere(drawing),
  });
  try {
    return described(await view.toSVG(), title, description);
  } finally {
    view.finalize();
  }
}

/** Refuses to load: a specification that names a file or an address is a mistake. */
function nowhere({ loader }: typeof vega): vega.Loader {
  const refuse = () => Promise.reject(new Error('a plot loads nothing'));
  return { ...loader(), load: refuse, file: refuse, http: refuse };
}

function described(svg: string, title: string, description: string): string {
  const role = `role="graphics-document" aria-roledescription="plot" aria-label="${escaped(title)}"`;
  const words = `<title>${escaped(title)}</title><desc>${escaped(description)}</desc>`;
  return svg.replace(/^<svg ([^>]*)>/, (_, attributes: string) => `<svg ${attributes} ${role}>${words}`);
}

/** Escapes text for HTML and SVG, in content and attributes alike. */
export function escaped(text: string): string {
  const entities: Record<string, string> = {
    '&': '&amp;',
    '<': '&lt;',
    '>': '&gt;',
    '"': '&quot;',
    "'": '&#39;',
  };
  return text.replace(/[&<>"']/g, (c) => entities[c]!);
}
