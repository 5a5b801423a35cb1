import { decisionsChart } from './chart-decisions.js';
import { downtimeChart } from './chart-downtime.js';
import { pagesChart } from './chart-pages.js';
import { rateChart } from './chart-rate.js';
import { timelineChart } from './chart-timeline.js';
import { type Plot, plotSvg } from './plot.js';
import type { ReportModel } from './report-model.js';

export interface Drawing extends Pick<Plot, 'title' | 'description' | 'note'> {
  /** The drawing as an `<svg>` element. */
  readonly svg: string;
}

/** Draws the plots that the trace has data for. */
export async function drawings(model: ReportModel): Promise<Drawing[]> {
  const plots = [timelineChart, downtimeChart, pagesChart, rateChart, decisionsChart].map((chart) =>
    chart(model),
  );
  return Promise.all(plots.filter((plot) => plot !== undefined).map(drawingOf));
}

export async function drawingOf(plot: Plot): Promise<Drawing> {
  return {
    title: plot.title,
    description: plot.description,
    ...(plot.note !== undefined && { note: plot.note }),
    svg: await plotSvg(plot),
  };
}
