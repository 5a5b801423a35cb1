/** The thread in which a policy is looked at. */
import { parentPort, workerData } from 'node:worker_threads';
import { loadPolicy, type PolicyCheck } from './own-policy.js';

const answer: PolicyCheck = await loadPolicy(workerData as string).then(
  () => ({ problem: undefined }),
  (error: unknown) => ({ problem: (error as Error).message }),
);
parentPort?.postMessage(answer);
process.exit();
