/** Keeps who may tell the domain what, and its place among the domains of the host. Decides by the tables. */
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

/** Who holds the domain, for the words of a refusal. */
export interface Holder {
  readonly purpose: 'migration' | 'save';
  readonly pid: number;
  /** A host or a file; empty where it is not known. */
  readonly to: string;
}

export interface OwnerState {
  readonly name: string;
  readonly standing: Standing;
  readonly epoch: number;
  readonly sentTo: string;
}

/** So much lies between the first epochs of two domains that one of the same domid is never taken for the other. */
const EPOCHS = 2 ** 16;

export class Owner {
  #ownership: Ownership;
  #isGone = false;
  #name: string;
  #sentTo = '';
  #holder: Holder | undefined;

  /** @param folder the host's; the domain's files in it are this owner's alone to change */
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
   * Permits a command of somebody who does not hold the domain, or refuses it.
   * @param seen the epoch from which it was decided; 0 where none was seen
   * @returns the ownership once it is done, for `become`
   * @throws HostError
   */
  command(command: DomainCommand, seen = 0): Ownership | 'gone' {
    return this.#judged(judgeCommand(this.#ownership, command, seen === 0 ? undefined : seen));
  }

  /** Permits a request of the toolstack that holds the domain, or refuses it. See `command`. */
  act(act: HolderAct, seen = 0): Ownership | 'gone' {
    return this.#judged(judgeHolder(this.#ownership, act, seen === 0 ? undefined : seen));
  }

  /**
   * Notes that what was permitted is done.
   * @throws HostError where the domain was destroyed since
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

  /** @throws HostError where the domain was destroyed: it takes part in nothing any more */
  checkThere(): void {
    if (!this.#isGone) return;
    throw new HostError('domain-died', `${this.#name} has been destroyed`, { domid: this.domid });
  }

  /** @param check throws where it is not wanted any more once the host's lock is had; and so for the others */
  async rename(name: string, check: () => void): Promise<void> {
    await this.folder.rename(this.domid, name, check);
    this.#name = name;
  }

  /** Lets its UUID run elsewhere from then on. See HostFolder. */
  async sendAway(name: string, sentTo: string, check: () => void): Promise<void> {
    await this.folder.leave(this.domid, name, sentTo, check);
    this.#name = name;
    this.#sentTo = sentTo;
  }

  /**
   * Makes a domain that has arrived, or was sent away, one of this host.
   * @throws HostError name-taken, uuid-taken; nothing has changed then
   */
  async settle(name: string, check: () => void): Promise<void> {
    await this.folder.settle(this.domid, check, name);
    this.#name = name;
  }

  /**
   * Makes a domain that was sent away one of this host again, under its own name if that is to be had.
   * @returns why it is not; the domain may run all the same
   * @throws HostError uuid-taken: it may not
   */
  async comeBack(check: () => void): Promise<Error | undefined> {
    try {
      await this.settle(this.ownName, check);
      return undefined;
    } catch (error) {
      // Taken, or a disk that is full: the name is not worth the guest.
      const isNameless = !(error instanceof HostError) || error.code === 'name-taken';
      if (!isNameless) throw error;
      await this.folder.settle(this.domid, check);
      return error instanceof Error ? error : new Error(String(error));
    }
  }

  /** The name that it had before it was sent away. */
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
        return `${name} is suspended already: 'xl resume ${name}' revives it`;
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
    return `is being migrated by process ${pid}: 'xl migrate-status ${this.ownName}' says how far it is`;
  }
}
