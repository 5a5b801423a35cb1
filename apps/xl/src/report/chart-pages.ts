/** Plots the pages that each pass found dirty, and those that it sent. */
import { INK } from './ink.js';
import { passRuns } from './pass-runs.js';
import type { Plot } from './plot.js';
import type { ReportModel } from './report-model.js';
import { countRangeText, countText, largest, smallest } from './units.js';
import { framed, LEFT, valueAxis, WIDTH } from './width.js';

/** Largest ratio for a linear axis: beyond it the small passes would vanish beside the first. */
const LINEAR_RATIO = 40;
/** Most passes with their names in words below the bars. */
const MAX_NAMED = 8;
const RIGHT = 12;
/** Width of a digit above a bar, in pixels, at a font size of 10. */
const DIGIT = 5.9;
const SERIES = ['dirty when it began', 'sent'];

export function pagesChart({ passes }: ReportModel): Plot | undefined {
  if (passes.length === 0) return undefined;
  const runs = passRuns(passes);
  const inRuns = runs.length < passes.length;
  const said = runs.flatMap((run) => {
    const { name, dirtyPages, sent } = run;
    const each = run.passes.length === 1 ? '' : ' each';
    const [dirty, mean] = [dirtyPages.mean, (sent?.pages ?? 0) / run.passes.length];
    const bar = (series: number, pages: number, says: string) => ({
      name,
      series: SERIES[series]!,
      pages,
      label: countText(pages),
      says: `pass ${name}: ${says} pages${each} ${SERIES[series]!}`,
    });
    return [
      bar(0, dirty, countRangeText(dirtyPages.least, dirtyPages.most)),
      ...(sent === undefined ? [] : [bar(1, mean, countText(mean))]),
    ];
  });
  const counts = said.map(({ pages }) => pages).filter((pages) => pages > 0);
  const most = Math.max(1, largest(counts));
  const wide = most / smallest(counts) > LINEAR_RATIO;
  const many = runs.length > MAX_NAMED;
  const widest = largest(said.map(({ label }) => label.length)) * DIGIT;
  const room = ((WIDTH - LEFT - RIGHT) / said.length) * 0.75;
  const x = {
    field: 'name',
    type: 'nominal',
    sort: runs.map(({ name }) => name),
    title: many ? null : 'pass',
    // One word a line, if there is room for words.
    axis: many
      ? { labelAngle: -40, labelOverlap: false, labelExpr: "replace(datum.label, ' precopy', '')" }
      : { labelAngle: 0, labelOverlap: false, labelExpr: "split(datum.label, ' ')" },
  };
  const xOffset = { field: 'series', sort: SERIES };
  const y = {
    field: 'pages',
    type: 'quantitative',
    title: wide ? 'pages, log scale' : 'pages',
    scale: wide ? { type: 'symlog', constant: 1, domain: [0, most * 2.5], nice: false } : {},
    axis: {
      ...valueAxis,
      ...(wide ? { values: powersOfTen(most) } : { tickMinStep: 1 }),
    },
  };
  return {
    title: 'Dirty and sent pages per pass',
    description: `${said.map(({ says }) => says).join('; ')}.`,
    ...(inRuns && { note: 'Of several passes in a row, the mean of a pass.' }),
    spec: {
      data: { values: said },
      ...framed({ right: RIGHT, height: 240, legend: true, bottom: many ? 100 : 62 }),
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
              scale: { domain: SERIES, range: [INK.paper, INK.blue] },
              legend: { values: SERIES.filter((name) => said.some(({ series }) => series === name)) },
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
