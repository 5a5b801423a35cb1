/**
 * A domain that has arrived on a Xen host. libxl leaves it paused, and `xl unpause NAME--incoming` would run it before the
 * source has given permission: so it is paused once more, by mig, until it is started.
 */
import { HostError, type IncomingDomain } from '@mig/hypervisor';
import { type DomainLedger, newHold } from './domain-ledger.js';
import type { DomainRecord, Hold } from './domain-record.js';
import type { Observed } from './domain-standing.js';
import { refusal } from './refusal.js';
import { release } from './release.js';
import type { XenDomains } from './xen-domains.js';

const FIRST_EPOCH = 0;

export interface IncomingParts {
  readonly ledger: DomainLedger;
  readonly domains: XenDomains;
}

export class XenIncomingDomain implements IncomingDomain {
  /** A paused domain is not taken, where it was mig's to take: stock's cannot suspend either. */
  readonly wasPaused = false;

  private constructor(
    private readonly parts: IncomingParts,
    private readonly hold: Hold,
    readonly domid: number,
  ) {}

  /**
   * Takes what libxl has built.
   * @throws HostError; nothing is left of it then
   */
  static arrived(parts: IncomingParts, domid: number): XenIncomingDomain {
    const { ledger, domains } = parts;
    const hold = newHold('arrival');
    try {
      ledger.locked(() => {
        const observed = ledger.observe(domid);
        refuseIfRun(domid, observed);
        const { uuid, name: ownName } = observed;
        // Before the pause: one that is not noted would stay.
        ledger.write(domid, { standing: 'incoming', epoch: FIRST_EPOCH, uuid, ownName, hold, pause: true });
        ledger.control.pause(domid);
      });
      return new XenIncomingDomain(parts, hold, domid);
    } catch (error) {
      domains.do('destroy', domid);
      throw error;
    }
  }

  start(name: string, { paused = false }: { readonly paused?: boolean } = {}): void {
    const { ledger, domains } = this.parts;
    const { domid } = this;
    ledger.locked(() => {
      const held = ledger.held(domid, this.hold);
      const next = ledger.judge(domid, held, 'start', FIRST_EPOCH);
      if (next === 'gone') throw refusal('stale', domid, name, undefined);
      if (held.standing.ending) throw refusal('held', domid, held.observed.name, held.standing);
      refuseIfRun(domid, held.observed);
      domains.checkRunsOnce(domid, held.observed.uuid);
      domains.checkName(domid, name);
      domains.rename(domid, name);
      // Once more, after what takes its time.
      refuseIfRun(domid, ledger.observe(domid));
      ledger.unpause(domid, true);
      // Where a stock command has taken libxl's pause back, there is none left.
      if (!paused && ledger.observe(domid).paused) domains.do('unpause', domid);
      this.#noteStarted({ ...next, uuid: held.observed.uuid, ownName: name, hold: this.hold });
    });
  }

  /** It runs: what cannot be written of that is no failure, and once this process has ended whoever looks sees it. */
  #noteStarted(record: DomainRecord): void {
    try {
      this.parts.ledger.write(this.domid, record);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
    }
  }

  destroy(): void {
    const { ledger, domains } = this.parts;
    ledger.locked(() => {
      const held = ledger.held(this.domid, this.hold);
      ledger.judge(this.domid, held, 'destroy', held.record.epoch);
    });
    domains.do('destroy', this.domid);
  }

  release(): void {
    release(this.parts.ledger, this.domid, this.hold);
  }
}

/** Permission has not come: nobody but the source may have run it. */
function refuseIfRun(domid: number, { name, paused, crashed, cpuNanoseconds }: Observed): void {
  const refuse = (what: string) => {
    throw new HostError('stale', `${name} ${what}`, { domid });
  };
  if (crashed) refuse('has crashed');
  // It has none before it runs for the first time.
  if (cpuNanoseconds !== 0) refuse('was unpaused by another command, and has run before it was to');
  if (!paused) refuse('was unpaused by another command before it was to run');
}
