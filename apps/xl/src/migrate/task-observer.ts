/** What a migration or a save tells of itself, on its way out of the worker. */
import type { SaveObserver } from '@mig/hypervisor';
import type { MigrationObserver } from '@mig/sender';
import type { StartWait } from '../estimate/start-wait.js';
import type { TaskEvent } from './task.js';

export type Tell = (event: TaskEvent) => void;

/** Milliseconds between two news of a pass's progress. */
const PROGRESS_INTERVAL = 50;

export function taskObserver(tell: Tell, startWait?: StartWait): MigrationObserver & SaveObserver {
  let told = 0;
  let consulted = 0;
  return {
    stateEntered: (state) => tell({ event: 'source-state', state }),
    passStarted: (pass) => {
      startWait?.passStarted(pass);
      tell({ event: 'pass-started', ...pass });
    },
    passProgress: (progress) => {
      startWait?.passProgress(progress);
      const now = performance.now();
      if (now - told < PROGRESS_INTERVAL) return;
      told = now;
      tell({ event: 'progress', ...progress });
    },
    passFinished: (pass) => tell({ event: 'pass', ...pass }),
    consulted: (stats, answer) => {
      const now = performance.now();
      const within = stats.point === 'between-batches' && answer.decision === 'continue-precopy';
      if (within && now - consulted < PROGRESS_INTERVAL) return;
      consulted = now;
      tell({ event: 'consulted', stats, answer });
    },
    logDirtyLeftOn: (error) =>
      tell({
        event: 'note',
        text: `log-dirty is left on: ${error instanceof Error ? error.message : String(error)}`,
      }),
    precopyEnded: (end) => tell({ event: 'precopy-ended', ...end }),
  };
}
