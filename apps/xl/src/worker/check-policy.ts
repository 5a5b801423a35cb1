/** The thread that checks a policy. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicy, type PolicyCheck } from './own-policy.js';

function answer(check: PolicyCheck): void {
  parentPort?.postMessage(check);
}

export const done = loadPolicy(workerData as string).then(
  () => answer({ problem: undefined }),
  (error: unknown) => answer({ problem: (error as Error).message }),
);
