/**
 * Attends to domains that shut down, as stock `xl` does: performs the configured action for the reason,
 * each time that the domain ends.
 */
import { randomUUID } from 'node:crypto';
import { HostError } from '@mig/hypervisor';
import type { Libxl } from './libxl.js';
import { anew, preservedSuffix, shutdownAction } from './shutdown-action.js';

/**
 * The folder of dumps. A domain's later dump replaces the earlier one: a domain that crashes again and
 * again does not fill the disk.
 */
const DUMPS = '/var/lib/xen/dump';

/** Milliseconds between two looks at a suspended domain. */
const SUSPENDED_POLL = 1000;

/** Milliseconds from a domain's end to its restart: parts of the old one may still be going. */
const BEFORE_RESTART = 2000;

/** Calls of libxl that an attendant makes. */
export type AttendedLibxl = Pick<
  Libxl,
  | 'describe'
  | 'configuration'
  | 'configurationUpdate'
  | 'watch'
  | 'awaitEnd'
  | 'destroy'
  | 'create'
  | 'unpause'
  | 'preserve'
  | 'softReset'
  | 'dumpCore'
>;

export interface AttendantHost {
  /** Writes a line to the log. */
  say(text: string): void;
  pause(milliseconds: number): void;
  now(): Date;
  /**
   * Builds a domain under stock `xl`'s settings of this host.
   * @throws HostError; what `create` throws
   */
  build(configuration: string, create: (configuration: string) => number): number;
}

export class Attendant {
  constructor(
    private readonly libxl: AttendedLibxl,
    private readonly host: AttendantHost,
  ) {}

  /**
   * Attends to the domain, and to those that replace it, until there is none left.
   * @throws HostError where one could not be restarted
   */
  attend(domid: number): void {
    for (let next: number | undefined = domid; next !== undefined;) next = this.#attendOne(next);
  }

  /** @returns the domain to attend to next */
  #attendOne(domid: number): number | undefined {
    const { libxl } = this;
    this.#say(`waiting for domain ${libxl.describe(domid)?.name ?? ''} (domid ${domid}) to end`);
    for (;;) {
      const end = this.#awaitEnd(domid);
      if (end === 'gone' || libxl.describe(domid) === undefined) {
        this.#say(`domain ${domid} has been destroyed`);
        return undefined;
      }
      if (end === 'suspend') {
        // Whoever suspended it is responsible for it; libxl reports only one shutdown.
        while (libxl.describe(domid)?.suspended === true) this.host.pause(SUSPENDED_POLL);
        continue;
      }
      try {
        return this.#act(domid, end);
      } catch (error) {
        if (!(error instanceof HostError && error.code === 'no-such-domain')) throw error;
        this.#say(`domain ${domid} has been destroyed by another command`);
        return undefined;
      }
    }
  }

  #awaitEnd(domid: number) {
    const unwatch = this.libxl.watch(domid);
    try {
      return this.libxl.awaitEnd(domid);
    } finally {
      unwatch();
    }
  }

  /** @returns the domain to attend to next */
  #act(domid: number, end: Parameters<typeof shutdownAction>[1]): number | undefined {
    const { libxl } = this;
    const configuration = libxl.configuration(domid);
    const action = shutdownAction(configuration, end);
    this.#say(`domain ${domid} has shut down, reason ${end}: ${action}`);
    switch (action) {
      case 'coredump_destroy':
        this.#dumpCore(domid);
        libxl.destroy(domid);
        return undefined;
      case 'destroy':
        libxl.destroy(domid);
        return undefined;
      case 'preserve':
        this.#say(`domain ${domid} is left as it is`);
        return undefined;
      case 'coredump_restart':
        this.#dumpCore(domid);
        return this.#restart(domid, configuration, () => libxl.destroy(domid));
      case 'restart':
        return this.#restart(domid, configuration, () => libxl.destroy(domid));
      case 'restart_rename':
        return this.#restart(domid, configuration, () => this.#preserve(domid, configuration));
      case 'soft_reset':
        return this.#softReset(domid, configuration);
    }
  }

  /**
   * @param clearAway frees its name
   * @returns the domain that replaces it
   */
  #restart(domid: number, configuration: string, clearAway: () => void): number {
    if (this.libxl.configurationUpdate(domid)) {
      this.#say(
        'what xl config-update has stored for its restart is not heeded: it has the configuration that it had',
      );
    }
    clearAway();
    this.host.pause(BEFORE_RESTART);
    const next = this.host.build(anew(configuration), (own) => this.libxl.create(own));
    this.libxl.unpause(next);
    return next;
  }

  /** Keeps the domain for inspection, under another name and another UUID. */
  #preserve(domid: number, configuration: string): void {
    const suffix = preservedSuffix(this.host.now());
    this.#say(`domain ${domid} is preserved, with ${suffix} behind its name`);
    this.libxl.preserve(domid, configuration, suffix, randomUUID());
  }

  /** Resets the domain, or destroys it if that fails: a reset cannot be undone once begun. */
  #softReset(domid: number, configuration: string): number {
    this.host.pause(BEFORE_RESTART);
    try {
      this.libxl.softReset(domid, configuration);
    } catch (error) {
      this.#say(`domain ${domid} cannot be reset, and is destroyed`);
      this.libxl.destroy(domid);
      throw error;
    }
    this.libxl.unpause(domid);
    return domid;
  }

  /** Dumps the domain's memory to a file; a failure is logged, and the action goes on. */
  #dumpCore(domid: number): void {
    const path = `${DUMPS}/${this.libxl.describe(domid)?.name ?? domid}`;
    this.#say(`dumping core to ${path}`);
    try {
      this.libxl.dumpCore(domid, path);
    } catch (error) {
      if (!(error instanceof HostError)) throw error;
      this.#say(error.message);
    }
  }

  #say(text: string): void {
    this.host.say(text);
  }
}
