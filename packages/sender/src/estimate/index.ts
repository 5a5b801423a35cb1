/** Planning a migration: measures what a domain writes, and predicts what migrating it would cost. */
export { type CurvePoint, DirtyCurve, type DirtySample } from './dirty-curve.js';
export { DirtyWindows } from './dirty-windows.js';
export { foretell, type ForetellOptions, type Foretold, type ForetoldPass } from './foretell.js';
export { measureDirty, type MeasureOptions } from './measure-dirty.js';
