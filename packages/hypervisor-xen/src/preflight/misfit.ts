/**
 * Decides whether a domain could continue with another configuration than its own, as far as the two
 * configurations tell. Pure.
 */
import { parseConfigurationJson } from '@mig/protocol';
import { quoted } from '@mig/protocol/terminal-text';
import { numberOf, textOf, treeOf } from './tree.js';

interface Facts {
  readonly type: string;
  readonly vcpus: number;
  /** The balloon's target in KiB, which libxl makes the domain's limit during a restore. */
  readonly memory: number | undefined;
  /** The device model; only an HVM domain's state includes one. */
  readonly deviceModel: string | undefined;
}

/**
 * Explains why a domain's image could not be restored with another configuration. Devices are the
 * operator's: the target checks them.
 * @param own libxl JSON, as is `other`
 * @returns undefined if nothing is known against it
 * @throws ConfigurationJsonError
 */
export function misfit(own: string, other: string): string | undefined {
  const [domain, wanted] = [factsIn(own), factsIn(other)];
  if (wanted.type !== domain.type) {
    return `type is ${quoted(wanted.type)}, and the domain is ${quoted(domain.type)}`;
  }
  if (wanted.vcpus !== domain.vcpus) {
    return `it has ${wanted.vcpus} vcpus at most, and the domain ${domain.vcpus}`;
  }
  if (wanted.memory === undefined) return 'it does not say how much memory the domain has';
  if (domain.memory !== undefined && wanted.memory < domain.memory) {
    return `memory is ${mib(wanted.memory)} MiB, and the domain has ${mib(domain.memory)}`;
  }
  if (
    domain.type === 'hvm' &&
    wanted.deviceModel !== undefined &&
    domain.deviceModel !== undefined &&
    wanted.deviceModel !== domain.deviceModel
  ) {
    return `its device model is ${quoted(wanted.deviceModel)}, and the domain's is ${quoted(domain.deviceModel)}`;
  }
  return undefined;
}

function factsIn(configuration: string): Facts {
  const parsed = parseConfigurationJson(configuration);
  const build = treeOf(parsed['b_info']);
  return {
    type: textOf(treeOf(parsed['c_info'])['type']) ?? 'pv',
    vcpus: numberOf(build['max_vcpus']) ?? 1,
    memory: numberOf(build['target_memkb']) ?? numberOf(build['max_memkb']),
    deviceModel: textOf(build['device_model_version']),
  };
}

function mib(kib: number): number {
  return Math.floor(kib / 1024);
}
