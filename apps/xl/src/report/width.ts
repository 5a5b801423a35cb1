/**
 * Positions in the report's plots. Nothing is measured: without a browser the width of a text is a guess,
 * and time must stand at the same place in all plots.
 */

/** Width of every plot, axes included: that of the page's text, which fits on A4 and Letter when printed. */
export const WIDTH = 820;

/** Room beside a plot, for labels that would else lie over its data. */
const RIGHT = 108;
const LEGEND = 30;
/** Height of the strip above a plot, for an axis title and for what is said of a moment. */
export const STRIP = 26;
const AXIS = 48;

export interface Frame {
  /** Room for the names beside the vertical axis. */
  readonly left?: number;
  readonly right?: number;
  readonly height: number;
  /** Whether there is a legend, and a strip below it. */
  readonly legend: boolean;
  /** Room below the plot. */
  readonly bottom?: number;
}

export const LEFT = 132;

/** The part of a specification that sets the plot's position. */
export function framed({ left = LEFT, right = RIGHT, height, legend, bottom = AXIS }: Frame) {
  return {
    width: WIDTH - left - right,
    height,
    autosize: 'none',
    padding: { left, right, top: legend ? LEGEND + STRIP : 8, bottom },
  } as const;
}

/** An axis of values: its title above its end, where it takes no width. */
export const valueAxis = {
  titleAngle: 0,
  titleAlign: 'right',
  titleAnchor: 'end',
  titleBaseline: 'bottom',
  titleX: -6,
  titleY: -8,
} as const;

/** The height in a plot of what stands in the strip above it. */
export const IN_STRIP = -8;

/** An encoding of time along the plot: from the target's greeting to the end. */
export function timeAxis(end: number, unit: string) {
  return {
    type: 'quantitative',
    title: `time since the target's greeting (${unit})`,
    axis: { tickCount: 9 },
    scale: { domain: [0, end], nice: false },
  } as const;
}
