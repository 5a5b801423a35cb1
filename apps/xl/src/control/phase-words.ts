import type { OperatorStatus } from '@mig/operator';

/** The phases of a migration in words. */
export const phaseWords: Readonly<Record<OperatorStatus['phase'], string>> = {
  'awaiting-banner': 'awaiting the target',
  precopy: 'precopy',
  suspending: 'suspending',
  'stop-and-copy': 'stop-and-copy',
  'awaiting-ready': 'awaiting ready',
  'renaming-away': 'renaming it away',
  'giving-permission': 'giving permission',
  'awaiting-report': 'awaiting the report',
  'awaiting-permission-back': 'awaiting it back',
  'taking-back': 'taking it back',
  destroying: 'destroying the old copy',
  completed: 'completed',
  'taken-back': 'taken back',
};
