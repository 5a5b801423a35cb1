/** Hypervisors that consist of a few numbers only: for tests of what uses the ports. */
export { ModelArrivals } from './model-arrivals.js';
export { MODEL_STREAM, ModelHost } from './model-host.js';
export { ModelMemory } from './model-memory.js';
export { Recording } from './recording.js';
