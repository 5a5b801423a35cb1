import type { OperatorStatus } from '@mig/operator';

const phaseWords: Readonly<Record<OperatorStatus['phase'], string>> = {
  'awaiting-banner': 'connecting',
  precopy: 'precopy',
  suspending: 'suspending',
  'stop-and-copy': 'stop-and-copy',
  'awaiting-ready': 'target completes',
  'renaming-away': 'renaming',
  'giving-permission': 'handing over',
  'awaiting-report': 'target starts it',
  'awaiting-permission-back': 'taking it back',
  'taking-back': 'taking it back',
  destroying: 'cleaning up',
  completed: 'completed',
  'taken-back': 'taken back',
};

/** Returns the phase of a migration in words. */
export function phaseText({ phase, held, iteration }: OperatorStatus): string {
  return phase === 'precopy' && held === true && iteration > 0 ? 'waits its turn' : phaseWords[phase];
}
