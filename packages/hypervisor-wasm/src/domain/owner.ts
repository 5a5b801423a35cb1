/**
 * Decides who may do what to the domain, and keeps its place among the host's domains. Decides by the
 * tables of @mig/protocol/handshake.
 */
import { HostError, refusalCodes } from '@mig/hypervisor';
import {
  type DomainCommand,
  type HolderAct,
  isHeld,
  isHere,
  judgeCommand,
  judgeHolder,
  nameOfAway,
  type Ownership,
  type OwnerRefusal,
  type OwnerVerdict,
  type Standing,
} from '@mig/protocol/handshake';
import type { HostFolder } from '../host-folder.js';

/** The holder of the domain, for the words of a refusal. */
export interface Holder {
  readonly purpose: 'migration' | 'save';
  readonly pid: number;
  /** A host or a file; empty if unknown. */
  readonly to: string;
}

export interface OwnerState {
  readonly name: string;
  readonly standing: Standing;
  readonly epoch: number;
  readonly sentTo: string;
}

/** Distance between the first epochs of two domains: one is never taken for another of the same domid. */
const EPOCHS = 2 ** 16;

export class Owner {
  #ownership: Ownership;
  #isGone = false;
  #name: string;
  #sentTo = '';
  #holder: Holder | undefined;

  /** @param folder the host's folder; only this owner changes the domain's files in it */
  constructor(
    private readonly folder: HostFolder,
    private readonly domid: number,
    { name, incoming }: { readonly name: string; readonly incoming: boolean },
  ) {
    this.#name = name;
    const epoch = (1 + Math.floor(Math.random() * 2 ** 32)) * EPOCHS;
    this.#ownership = { standing: incoming ? 'incoming' : 'free', epoch };
  }

  get state(): OwnerState {
    return { name: this.#name, ...this.#ownership, sentTo: this.#sentTo };
  }

  /**
   * Permits or refuses a command of somebody who does not hold the domain.
   * @param seen the epoch that the decision was based on; 0 for none
   * @returns the ownership after it, for `become`
   * @throws HostError
   */
  command(command: DomainCommand, seen = 0): Ownership | 'gone' {
    return this.#judged(judgeCommand(this.#ownership, command, seen === 0 ? undefined : seen));
  }

  /** Permits or refuses a request of the toolstack that holds the domain. See `command`. */
  act(act: HolderAct, seen = 0): Ownership | 'gone' {
    return this.#judged(judgeHolder(this.#ownership, act, seen === 0 ? undefined : seen));
  }

  /**
   * Notes that what was permitted is done.
   * @throws HostError where the domain was destroyed in between
   */
  become(next: Ownership | 'gone', holder = this.#holder): void {
    this.checkThere();
    if (next === 'gone') {
      this.#isGone = true;
      return;
    }
    this.#ownership = next;
    this.#holder = isHeld(next.standing) ? holder : undefined;
    if (isHere(next.standing)) this.#sentTo = '';
  }

  /**
   * Checks that the domain exists.
   * @throws HostError where the domain was destroyed: it takes part in nothing any more
   */
  checkThere(): void {
    if (!this.#isGone) return;
    throw new HostError('domain-died', `${this.#name} has been destroyed`, { domid: this.domid });
  }

  /**
   * Renames the domain.
   * @param check is called under the host's lock, and throws if the request is not wanted any more; the
   * same in the methods below
   */
  async rename(name: string, check: () => void): Promise<void> {
    await this.folder.rename(this.domid, name, check);
    this.#name = name;
  }

  /** Lets its UUID run elsewhere from now on. See HostFolder. */
  async sendAway(name: string, sentTo: string, check: () => void): Promise<void> {
    await this.folder.leave(this.domid, name, sentTo, check);
    this.#name = name;
    this.#sentTo = sentTo;
  }

  /**
   * Makes a domain that has arrived, or was sent away, one of this host.
   * @throws HostError name-taken, uuid-taken; then nothing has changed
   */
  async settle(name: string, check: () => void): Promise<void> {
    await this.folder.settle(this.domid, check, name);
    this.#name = name;
  }

  /**
   * Takes back a domain that was sent away, under its own name if that is free.
   * @returns the reason if it is not; the domain may still run
   * @throws HostError uuid-taken: the domain may not run
   */
  async comeBack(check: () => void): Promise<Error | undefined> {
    try {
      await this.settle(this.ownName, check);
      return undefined;
    } catch (error) {
      // A taken name, or a full disk: a missing name does not stop the guest.
      const isNameless = !(error instanceof HostError) || error.code === 'name-taken';
      if (!isNameless) throw error;
      await this.folder.settle(this.domid, check);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The name before the domain was sent away. */
  get ownName(): string {
    return nameOfAway(this.#name) ?? this.#name;
  }

  #judged(verdict: OwnerVerdict): Ownership | 'gone' {
    this.checkThere();
    if (verdict.allowed) return verdict.next;
    throw new HostError(refusalCodes[verdict.why], this.#words(verdict.why), { domid: this.domid });
  }

  #words(why: OwnerRefusal): string {
    const name = this.#name;
    switch (why) {
      case 'held':
        return `${name} ${this.#heldWords()}`;
      case 'suspended':
        return `${name} is suspended already: 'mig resume ${name}' revives it`;
      case 'not-suspended':
        return `${name} is not suspended; there is nothing to resume`;
      case 'away':
        return `${name} was sent to another host, which may be running it`;
      case 'incoming':
        return `${name} is arriving from another host: it runs, or is gone, once that migration has ended`;
      case 'here':
        return `${name} is here already`;
      case 'stale':
        return `${name} was suspended, resumed or moved since this command has looked at it: look again`;
      case 'not-holder':
        return this.#holder === undefined
          ? `${name} is not in the hands of a migration or a save`
          : `${name} ${this.#heldWords()}`;
    }
  }

  #heldWords(): string {
    if (this.#holder === undefined) return 'has just arrived, and is still in the hands of its receiver';
    const { purpose, pid, to } = this.#holder;
    if (purpose === 'save') return `is being saved${to === '' ? '' : ` to ${to}`} by process ${pid}`;
    return `is being migrated by process ${pid}: 'mig migrate-status ${this.ownName}' shows its progress`;
  }
}
