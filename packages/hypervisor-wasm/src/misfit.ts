import { HostError } from '@mig/hypervisor';
import { type DomainConfiguration, parseConfiguration } from './configuration.js';

/**
 * Explains why a domain could not continue with another configuration than its own. Its name and command
 * line may differ: the guest does not read them again.
 * @param own libxl JSON, as is `other`
 * @returns undefined if it could, or if its own is unreadable, so that nobody can tell
 */
export function misfit(own: string, other: string): string | undefined {
  const wanted = parsed(other);
  if (wanted instanceof HostError) return wanted.message;
  const domain = parsed(own);
  if (domain instanceof HostError) return domain.code === 'foreign-domain' ? domain.message : undefined;
  if (wanted.memory !== domain.memory) {
    return `memory is ${wanted.memory} MiB, and the domain has ${domain.memory}`;
  }
  if (wanted.kernel !== domain.kernel) {
    return `kernel is ${JSON.stringify(wanted.kernel)}, and the domain runs ${JSON.stringify(domain.kernel)}`;
  }
  return undefined;
}

function parsed(json: string): DomainConfiguration | HostError {
  try {
    return parseConfiguration(json);
  } catch (error) {
    if (error instanceof HostError) return error;
    throw error;
  }
}
