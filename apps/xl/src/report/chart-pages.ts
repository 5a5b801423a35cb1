/** Plots the pages that each pass found dirty, and those that it sent. */
import { INK, type Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { countText, largest, smallest } from './units.js';
import { passName, passOrder } from './pass-name.js';
import { framed, LEFT, titleAbove, WIDTH } from './width.js';

/** Largest ratio for a linear axis: beyond it the small passes would vanish beside the first. */
const LINEAR_RATIO = 40;
/** Most passes with their names in words below the bars. */
const MAX_NAMED = 8;
/** Most passes with slanted names. */
const MOST_NAMED = 30;
/** Width of a digit above a bar, in pixels, at a font size of 10. */
const DIGIT = 5.9;
const SERIES = ['dirty when it began', 'sent'];

export function pagesChart({ passes }: ReportModel): Plot | undefined {
  if (passes.length === 0) return undefined;
  const bars = passes.flatMap((pass) => [
    { pass: passName(pass), iteration: pass.iteration, series: SERIES[0]!, pages: pass.dirtyPages },
    ...(pass.sentPages === undefined
      ? []
      : [{ pass: passName(pass), iteration: pass.iteration, series: SERIES[1]!, pages: pass.sentPages }]),
  ]);
  const said = bars.map((bar) => ({
    ...bar,
    says: `pass ${bar.pass}: ${countText(bar.pages)} pages ${bar.series}`,
    label: countText(bar.pages),
  }));
  const counts = bars.map(({ pages }) => pages).filter((pages) => pages > 0);
  const most = Math.max(1, largest(counts));
  const wide = most / smallest(counts) > LINEAR_RATIO;
  const many = passes.length > MAX_NAMED;
  const widest = largest(said.map(({ label }) => label.length)) * DIGIT;
  const room = ((WIDTH - LEFT) / bars.length) * 0.75;
  const x = {
    field: 'pass',
    type: 'nominal',
    sort: passOrder(passes),
    title: 'pass',
    // One word a line, if there is room for words.
    axis: many
      ? { labelAngle: -60, labelOverlap: passes.length > MOST_NAMED }
      : { labelAngle: 0, labelOverlap: false, labelExpr: "split(datum.label, ' ')" },
  };
  const xOffset = { field: 'series', sort: SERIES };
  const y = {
    field: 'pages',
    type: 'quantitative',
    title: wide ? 'pages, log scale' : 'pages',
    scale: wide ? { type: 'symlog', constant: 1, domain: [0, most * 2.5], nice: false } : {},
    axis: {
      ...titleAbove,
      format: ',d',
      ...(wide ? { values: powersOfTen(most) } : { tickMinStep: 1 }),
    },
  };
  return {
    title: 'Dirty and sent pages per pass',
    description: `${said.map(({ says }) => says).join('; ')}.`,
    spec: {
      data: { values: said },
      ...framed({ height: 240, legend: true, bottom: many ? 110 : 62 }),
      layer: [
        {
          name: 'pages',
          mark: { type: 'bar', stroke: INK.dark, strokeWidth: 1.5 },
          encoding: {
            x,
            xOffset,
            y,
            fill: {
              field: 'series',
              type: 'nominal',
              sort: SERIES,
              scale: { domain: SERIES, range: ['white', INK.blue] },
            },
            description: { field: 'says', type: 'nominal' },
          },
        },
        ...(widest > room
          ? []
          : [
              {
                mark: { type: 'text', dy: -7, fontSize: 10, aria: false },
                encoding: { x, xOffset, y, text: { field: 'label', type: 'nominal' } },
              },
            ]),
      ],
    },
  };
}

function powersOfTen(most: number): number[] {
  const powers = [0, 1];
  while (powers.at(-1)! * 10 <= most * 2.5) powers.push(powers.at(-1)! * 10);
  return powers;
}
