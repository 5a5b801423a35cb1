/**
 * Measures the log of a domain's writes without a save. Xen has one log a domain, without an owner: reading
 * clears it, and switching it off does so for all. So it is left alone once a save helper, which takes over
 * a log that is on, works on the running domain. Writes of an HVM domain's device model are not in it.
 */
import { type DirtyLog, HostError } from '@mig/hypervisor';
import type { XenControl } from './control.js';

export type LoggingControl = Pick<
  XenControl,
  'allocateBitmap' | 'cleanLogDirty' | 'disableLogDirty' | 'freeBitmap' | 'pfnCount' | 'startLogDirty'
>;

/**
 * @param isBeingMigrated tells whether a migration of it has begun
 * @throws HostError `held` where one has, at the start or since, or where the log is on already
 */
export function withXenDirtyLog<T>(
  control: LoggingControl,
  domid: number,
  isBeingMigrated: () => boolean,
  use: (log: DirtyLog) => T,
): T {
  const refuseIfMigrated = (what: string) => {
    if (isBeingMigrated()) throw new HostError('held', `domain ${domid} ${what}`, { domid });
  };
  refuseIfMigrated('is being migrated');
  const pageCount = control.pfnCount(domid);
  const bitmap = control.allocateBitmap(pageCount);
  try {
    if (!control.startLogDirty(domid)) {
      throw new HostError(
        'held',
        `Xen does not begin to log the writes of domain ${domid}: they are being logged already (it is being migrated, its ` +
          'dirty rate is being measured, or a toolstack that died has left its log on), or it has a device passed through',
        { domid },
      );
    }
    try {
      return use({
        pageCount,
        cleanLogDirty: (into) => {
          refuseIfMigrated('has begun to be migrated: the measurement has left its log alone');
          const count = control.cleanLogDirty(domid, bitmap, false);
          bitmap.addTo(into);
          return count;
        },
      });
    } finally {
      // If it were switched off during a migration, the guest's writes would be lost.
      if (!isBeingMigrated()) control.disableLogDirty(domid);
    }
  } finally {
    control.freeBitmap(bitmap);
  }
}
