/** Before a migration: what a domain writes, and what moving it would come to. */
export { type CurvePoint, DirtyCurve, type DirtySample } from './dirty-curve.js';
export { DirtyWindows } from './dirty-windows.js';
export { foretell, type ForetellOptions, type Foretold, type ForetoldPass } from './foretell.js';
export { measureDirty, type MeasureOptions } from './measure-dirty.js';
