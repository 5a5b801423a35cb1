/** The end of a hold. */
import { HostError } from '@mig/hypervisor';
import { judgeHolder, type Ownership } from '@mig/protocol/handshake';
import type { DomainLedger } from './domain-ledger.js';
import type { DomainRecord, Hold } from './domain-record.js';

/** Gives the domain up; where it is gone, or another's by now, there is nothing to give up. */
export function release(ledger: DomainLedger, domid: number, hold: Hold): void {
  try {
    ledger.locked(() => {
      const { observed, record } = ledger.held(domid, hold);
      const verdict = judgeHolder(record, 'release', undefined);
      if (!verdict.allowed || verdict.next === 'gone') return;
      const { next } = verdict;
      // One that was sent away stays paused: no stock command is to run it while the target may.
      const keepsPause = next.standing === 'away';
      if (!keepsPause) ledger.unpause(domid, record.pause === true);
      const settled = next.standing === 'abandoned' && !observed.suspended ? freed(next) : next;
      const left: DomainRecord = keepsPause ? record : { ...record, pause: undefined };
      ledger.write(domid, { ...left, ...settled, hold: undefined });
    });
  } catch (error) {
    // The record says whose it is: with this process's end it is released for whoever looks.
    if (!(error instanceof HostError)) throw error;
  }
}

/** A stock command has resumed it. */
function freed({ epoch }: Ownership): Ownership {
  return { standing: 'free', epoch: epoch + 1 };
}
