import { type DirtyLog, HostError } from '@mig/hypervisor';
import { ControlConnection } from './control-connection.js';
import { DomainMemory } from './domain-memory.js';
import { livenessOf, type ProcessIdentity } from './process-identity.js';

export interface LoggedDomain {
  readonly domid: number;
  readonly folder: string;
  readonly owner: ProcessIdentity;
}

/**
 * Logs a domain's writes while `use` runs. The log has one owner, the connection that asked for it first: a
 * migration and a measurement refuse each other, and neither can take the other's dirty pages.
 */
export function logDomain<T>(domain: LoggedDomain, use: (log: DirtyLog) => T): T {
  const { domid, owner } = domain;
  const connection = new ControlConnection(domain.folder, domid);
  try {
    if (connection.state().crashed) {
      throw new HostError('wrong-state', `domain ${domid} has crashed`, { domid });
    }
    const memory = new DomainMemory(owner, connection, { suspendTimeout: 0 });
    try {
      memory.enableLogDirty();
      let result: T;
      try {
        result = use(memory);
      } catch (error) {
        try {
          memory.disableLogDirty();
        } catch {
          // Log-dirty mode ends with the connection. The first error is the one to report.
        }
        throw error;
      }
      memory.disableLogDirty();
      return result;
    } finally {
      memory.close();
    }
  } catch (error) {
    // Whatever showed first.
    if (livenessOf(owner).verdict !== 'dead') throw error;
    throw new HostError('domain-died', `the process of domain ${domid} is gone`, { domid, cause: error });
  } finally {
    connection.close();
  }
}
