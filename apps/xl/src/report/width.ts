/**
 * Positions in the report's plots. Nothing is measured: without a browser the width of a text is a guess,
 * and time must stand at the same place in all plots.
 */

/** Width of every plot, axes included; it fits on a printed page of A4 or Letter. */
export const WIDTH = 760;

const RIGHT = 24;
const LEGEND = 40;
const NO_LEGEND = 10;
const AXIS = 48;

export interface Frame {
  /** Room for the names beside the vertical axis. */
  readonly left?: number;
  readonly height: number;
  readonly legend: boolean;
  /** Room below the plot. */
  readonly bottom?: number;
}

export const LEFT = 132;

/** The part of a specification that sets the plot's position. */
export function framed({ left = LEFT, height, legend, bottom = AXIS }: Frame) {
  return {
    width: WIDTH - left - RIGHT,
    height,
    autosize: 'none',
    padding: { left, right: RIGHT, top: legend ? LEGEND : NO_LEGEND, bottom },
  } as const;
}

/** Puts an axis title above its end, where it takes no width. */
export const titleAbove = {
  titleAngle: 0,
  titleAlign: 'right',
  titleAnchor: 'end',
  titleBaseline: 'bottom',
  titleX: -6,
  titleY: -14,
} as const;
