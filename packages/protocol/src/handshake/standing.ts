/** A domain's standing, as its owner keeps it: it decides who may command the domain. */

export type Standing =
  /** No toolstack holds the domain. It runs, or is paused. */
  | 'free'
  /** A toolstack holds the domain for a migration or a save; the domain runs. */
  | 'taken'
  /** The toolstack that holds the domain has suspended it. */
  | 'suspended'
  /** The domain is suspended, and the toolstack that suspended it is gone: it was not sent away. */
  | 'abandoned'
  /**
   * The domain was sent away: the target may run it. The toolstack that sent it still waits for the report.
   */
  | 'sent'
  /**
   * The domain was sent away, and the toolstack that sent it is gone: whether the target runs it is unknown
   * here.
   */
  | 'away'
  /**
   * The domain arrives from another host or from a file; it obeys the toolstack that receives it, and ends
   * with it.
   */
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

/** Tells whether the domain belongs to this host: its UUID may not run a second time here. */
export function isHere(standing: Standing): boolean {
  return standing !== 'sent' && standing !== 'away' && standing !== 'incoming';
}

/** Tells whether a toolstack holds the domain. */
export function isHeld(standing: Standing): boolean {
  return ['taken', 'suspended', 'sent', 'incoming'].includes(standing);
}
