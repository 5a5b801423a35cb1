/** Planning a migration: measures what a domain writes, and predicts what migrating it would cost. */
export { type CurvePoint, DirtyCurve, type DirtySample } from './dirty-curve.js';
export { DirtyWindows } from './dirty-windows.js';
export { simulate, type SimulationOptions, type Prediction, type PredictedPass } from './simulate.js';
export { measureDirty, type MeasureOptions } from './measure-dirty.js';
