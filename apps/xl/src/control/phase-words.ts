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

/** Tells whether a migration has sent all of its memory once, and is held. */
export function waitsItsTurn({ phase, held, iteration }: OperatorStatus): boolean {
  return phase === 'precopy' && held === true && iteration > 0;
}

/** Returns the phase of a migration in words. */
export function phaseText(status: OperatorStatus): string {
  return waitsItsTurn(status) ? 'waits its turn' : phaseWords[status.phase];
}
