/** Hypervisors that exist only as a few numbers: for tests of what is built on the ports. */
export { MODEL_STREAM, ModelHost } from './model-host.js';
export { ModelMemory } from './model-memory.js';
export { Recording } from './recording.js';
