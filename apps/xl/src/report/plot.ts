/**
 * Draws plots as SVG without a browser: vega-lite specifications, rendered by vega. Loading them takes half
 * a second: import this only when a plot is made.
 */
import type * as Vega from 'vega';
import type { TopLevelSpec } from 'vega-lite';
import { FONT, INK, NIGHT_STYLE } from './ink.js';
import { STRIP } from './width.js';

export interface Plot {
  /** The plot's accessible name, in a line. */
  readonly title: string;
  /** The plot's content in a sentence or two, for readers who do not see it. */
  readonly description: string;
  /** Anything that a reader must know to read it. */
  readonly note?: string;
  /**
   * A vega-lite specification, without title, description and config. Clipped marks and gradients are not
   * allowed: their ids would be the same in every plot.
   */
  readonly spec: Readonly<Record<string, unknown>>;
}

const config = {
  background: INK.paper,
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
    offset: STRIP,
    title: null,
    direction: 'horizontal',
    columnPadding: 18,
  },
  header: { labelColor: INK.text, titleColor: INK.text },
  text: { color: INK.text, fontSize: 12 },
} as const;

/**
 * @returns one `<svg>` element, with a title, a description and a role; without scripts and external
 * resources
 */
export async function plotSvg({ title, description, spec }: Plot): Promise<string> {
  const { vega, compile } = await import('./drawing.js');
  const { spec: compiled } = compile({ ...spec, description: title, config } as TopLevelSpec);
  const view = new vega.View(vega.parse(compiled), {
    renderer: 'none',
    logLevel: vega.Error,
    loader: nowhere(vega),
  });
  try {
    return described(await view.toSVG(), title, description);
  } finally {
    view.finalize();
  }
}

/** Refuses to load: a specification that names a file or an address is a mistake. */
function nowhere({ loader }: typeof Vega): Vega.Loader {
  const refuse = () => Promise.reject(new Error('a plot loads nothing'));
  return { ...loader(), load: refuse, file: refuse, http: refuse };
}

function described(svg: string, title: string, description: string): string {
  const role = `role="graphics-document" aria-roledescription="plot" aria-label="${escaped(title)}"`;
  const words = `<title>${escaped(title)}</title><desc>${escaped(description)}</desc>`;
  return svg.replace(/^<svg ([^>]*)>/, (_, attributes: string) => `<svg ${attributes} ${role}>${words}`);
}

export { INK, NIGHT_STYLE };

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
