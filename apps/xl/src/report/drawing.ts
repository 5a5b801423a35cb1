/** The library that draws plots. It is large, and is loaded when a report is made. */
export * as vega from 'vega';
export { compile } from 'vega-lite';
