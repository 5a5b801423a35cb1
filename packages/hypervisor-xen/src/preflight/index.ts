export { checkStockTarget } from './stock-target.js';
