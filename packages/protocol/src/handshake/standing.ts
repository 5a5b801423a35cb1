/** Where a domain stands with the one who runs it, as that owner itself keeps it: who may tell it what. */

export type Standing =
  /** Nobody has taken it. It runs, or is paused. */
  | 'free'
  /** Taken for a migration or a save by a toolstack that holds it; it runs. */
  | 'taken'
  /** Suspended by the toolstack that holds it. */
  | 'suspended'
  /** Suspended, and the toolstack that suspended it is gone: it was not sent away. */
  | 'abandoned'
  /** Sent away: the target may run it. The toolstack that sent it still waits for the report. */
  | 'sent'
  /** Sent away, and the toolstack that sent it is gone: whether the target runs it is not known here. */
  | 'away'
  /** Arriving from another host or from a file; it obeys the toolstack that receives it, and ends with that one. */
  | 'incoming';

export const standings: readonly Standing[] = [
  'free',
  'taken',
  'suspended',
  'abandoned',
  'sent',
  'away',
  'incoming',
];

/** Whether the domain is one of this host: its UUID may not run a second time here. */
export function isHere(standing: Standing): boolean {
  return standing !== 'sent' && standing !== 'away' && standing !== 'incoming';
}

/** Whether a toolstack holds the domain. */
export function isHeld(standing: Standing): boolean {
  return ['taken', 'suspended', 'sent', 'incoming'].includes(standing);
}
