/**
 * A domain that has arrived on a Xen host. libxl leaves it paused, and `xl unpause NAME--incoming` would
 * run it before the source has given permission: so mig adds a pause of its own until the domain is
 * started.
 */
import { HostError, type IncomingDomain } from '@mig/hypervisor';
import { type DomainLedger, newHold } from './domain-ledger.js';
import type { DomainRecord, Hold } from '../record/domain-record.js';
import type { Observed } from '../record/domain-standing.js';
import { refusal } from './refusal.js';
import { release } from './release.js';
import type { XenDomains } from './xen-domains.js';

const FIRST_EPOCH = 0;

export interface IncomingParts {
  readonly ledger: DomainLedger;
  readonly domains: XenDomains;
}

export class XenIncomingDomain implements IncomingDomain {
  /**
   * Whether it was paused; a source does not take a domain that mig could not suspend, and stock cannot
   * either.
   */
  readonly wasPaused = false;

  private constructor(
    private readonly parts: IncomingParts,
    private readonly hold: Hold,
    readonly domid: number,
  ) {}

  /**
   * Takes over the domain that libxl has built.
   * @throws HostError; then nothing is left of it
   */
  static arrived(parts: IncomingParts, domid: number): XenIncomingDomain {
    const { ledger, domains } = parts;
    const hold = newHold('arrival');
    try {
      ledger.locked(() => {
        const observed = ledger.observe(domid);
        refuseIfRun(domid, observed);
        const { uuid, name: ownName } = observed;
        // Noted before the pause: a pause that is not noted would stay.
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
      // Checked once more, after the slow steps.
      refuseIfRun(domid, ledger.observe(domid));
      ledger.unpause(domid, true);
      // If a stock command has taken back libxl's pause, there is none left.
      if (!paused && ledger.observe(domid).paused) domains.do('unpause', domid);
      this.#noteStarted({ ...next, uuid: held.observed.uuid, ownName: name, hold: this.hold });
    });
  }

  /**
   * Notes that it runs; a failure to write that is harmless, because once this process has ended the state
   * shows it.
   */
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

/** Refuses a domain that has run: without permission only the source may have run it. */
function refuseIfRun(domid: number, { name, paused, crashed, cpuNanoseconds }: Observed): void {
  const refuse = (what: string) => {
    throw new HostError('stale', `${name} ${what}`, { domid });
  };
  if (crashed) refuse('has crashed');
  // The time is 0 before it first runs.
  if (cpuNanoseconds !== 0) refuse('was unpaused by another command, and has run before it was to');
  if (!paused) refuse('was unpaused by another command before it was to run');
}
