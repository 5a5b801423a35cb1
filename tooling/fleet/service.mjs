// A program that a service manager keeps running.
import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { domainsOf } from '../demo/guests.mjs';
import { send } from '../faults/processes.mjs';

/** @import { ChildProcess } from 'node:child_process' */

/** A program that is started again whenever it ends, as a service manager does, unless it is down on purpose. */
export class Service {
  /** @type {ChildProcess | undefined} */
  child;
  isWanted = false;
  said = '';

  /** @param {string} name @param {() => ChildProcess} begin */
  constructor(name, begin) {
    this.name = name;
    this.begin = begin;
  }

  start() {
    this.isWanted = true;
    const child = this.begin();
    this.child = child;
    const take = (/** @type {Buffer} */ text) => (this.said = (this.said + String(text)).slice(-4000));
    for (const stream of [child.stdout, child.stderr]) stream?.on('data', take);
    child.once('exit', () => {
      if (!this.isWanted || this.child !== child) return;
      void setTimeout(500).then(() => {
        if (this.isWanted && this.child === child) this.start();
      });
    });
  }

  async kill() {
    this.isWanted = false;
    const { child } = this;
    this.child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    send(child.pid, 'SIGKILL');
    await exited;
  }
}

/** Program of an engine's server: that of MIG_REDIS_SERVER, or Redis. */
export const serverProgram = process.env['MIG_REDIS_SERVER'] || 'redis-server';

/**
 * Finds the host that has most domains.
 * @template {{ readonly folder: string }} Host
 * @param {readonly Host[]} hosts at least one
 * @returns {Host}
 */
export function fullestOf(hosts) {
  const [fullest] = hosts.toSorted((a, b) => domainsOf(b.folder).length - domainsOf(a.folder).length);
  if (fullest === undefined) throw new Error('no host');
  return fullest;
}
