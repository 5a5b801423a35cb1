/**
 * The cases that any hypervisor must pass, as plain functions: a test runner wraps them, a few lines run them
 * in a dom0.
 */
import type { HypervisorCase } from './bench.js';
import { domainCases } from './domain-cases.js';
import { logCases } from './log-cases.js';
import { ownershipCases } from './ownership-cases.js';
import { transferCases } from './transfer-cases.js';

export type { CaseBench, HypervisorCase } from './bench.js';
export { DescriptorRecording } from './descriptor-recording.js';
export const cases: readonly HypervisorCase[] = [
  ...domainCases,
  ...logCases,
  ...transferCases,
  ...ownershipCases,
];
