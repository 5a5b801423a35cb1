/** Ends a hold. */
import { HostError } from '@mig/hypervisor';
import { judgeHolder, type Ownership } from '@mig/protocol/handshake';
import type { DomainLedger } from './domain-ledger.js';
import type { DomainRecord, Hold } from '../record/domain-record.js';

/** Releases the domain; if it is gone, or another's by now, there is nothing to release. */
export function release(ledger: DomainLedger, domid: number, hold: Hold): void {
  try {
    ledger.locked(() => {
      const { observed, record } = ledger.held(domid, hold);
      const verdict = judgeHolder(record, 'release', undefined);
      if (!verdict.allowed || verdict.next === 'gone') return;
      const { next } = verdict;
      // A domain that was sent away stays paused: no stock command may run it while the target may.
      const keepsPause = next.standing === 'away';
      if (!keepsPause) ledger.unpause(domid, record.pause === true);
      const settled = next.standing === 'abandoned' && !observed.suspended ? freed(next) : next;
      const left: DomainRecord = keepsPause ? record : { ...record, pause: undefined };
      ledger.write(domid, { ...left, ...settled, hold: undefined });
    });
  } catch (error) {
    // The record names its holder: when this process ends, the domain counts as released.
    if (!(error instanceof HostError)) throw error;
  }
}

/** The ownership after a stock command has resumed the domain. */
function freed({ epoch }: Ownership): Ownership {
  return { standing: 'free', epoch: epoch + 1 };
}
