/** Checks of a domain that arrives on this host. */
import { HostError } from '@mig/hypervisor';
import { ConfigurationJsonError } from '@mig/protocol';
import {
  type Check,
  checkDomid,
  failed,
  passed,
  type PreflightQuestion,
  unknown,
} from '@mig/protocol/preflight';
import { quoted } from '@mig/protocol/terminal-text';
import { checkArriving } from './arriving-configuration.js';
import { type CpuMasks, withinCpuMasks } from '../libxl/cpu-masks.js';
import type { XenVersion } from '../xen/xen-version.js';
import { type Needs, needsIn } from './configuration.js';
import { checkBridges, checkDisks } from './devices.js';
import { checkMemory, type HostMemory } from './memory.js';
import { checkProcessor, type Processors } from './processor.js';
import { checkVersion } from './version.js';

/** Facts of this host by which an arriving domain is judged, each asked only if needed. */
export interface Present {
  readonly version: Pick<XenVersion, 'major' | 'minor' | 'lapic'>;
  memory(): HostMemory;
  cpuMasks(): CpuMasks;
  processors(): Processors;
  /** @throws HostError name-taken, uuid-taken: the first of them */
  refuseCopy(uuid: string): void;
  refuseName(name: string, uuid: string | undefined): void;
  readonly takenDomids: readonly number[];
}

export function checkArrival({ configuration, xen }: PreflightQuestion, present: Present): Check[] {
  let needs: Needs;
  try {
    checkArriving(configuration);
    needs = needsIn(configuration);
  } catch (error) {
    return [failed('configuration', messageOf(error))];
  }
  const { type, name, uuid, domid } = needs;
  if (!['pv', 'pvh', 'hvm'].includes(type)) {
    return [failed('kind', `Xen runs no ${quoted(type.toUpperCase())} domains`)];
  }
  return [
    passed('kind', `Xen runs ${type.toUpperCase()} domains`),
    configurationOf(configuration, present),
    refusedBy('name', `${quoted(name)} is free`, () => present.refuseName(name, uuid)),
    uuid === undefined
      ? unknown('uuid', 'the configuration has no UUID')
      : refusedBy('uuid', 'no other copy of the domain is there', () => present.refuseCopy(uuid)),
    ...checkDomid(domid, present.takenDomids),
    memoryOf(needs, present),
    xen === undefined
      ? unknown('version', 'the source did not say which Xen it has')
      : checkVersion(xen, present.version, type),
    ...(type === 'pv' ? [] : [checkProcessor(xen?.cpuPolicy, () => present.processors())]),
    checkDisks(needs),
    checkBridges(needs),
  ];
}

/**
 * Refuses, by its configuration alone, a domain that is known to fail once it has been received.
 * @throws HostError `unavailable`
 */
export function refuseArrival(configuration: string, present: Pick<Present, 'memory'>, root = '/'): void {
  const needs = needsIn(configuration);
  const checks = [checkDisks(needs, root), checkBridges(needs, root), memoryOf(needs, present)];
  const reasons = checks.filter(({ outcome }) => outcome === 'failed');
  if (reasons.length === 0) return;
  const words = reasons.map(({ check, sentence }) => `${check}: ${sentence}`).join('; ');
  throw new HostError(
    'unavailable',
    `the domain could not start on this host (${words}); migrate-receive --no-check receives it anyway`,
  );
}

function configurationOf(configuration: string, present: Pick<Present, 'cpuMasks'>): Check {
  try {
    withinCpuMasks(configuration, present.cpuMasks());
    return passed('configuration', 'it can be read');
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const isRefused = error.code === 'bad-configuration';
    return isRefused ? failed('configuration', error.message) : unknown('configuration', error.message);
  }
}

function memoryOf({ memory }: Needs, present: Pick<Present, 'memory'>): Check {
  try {
    return checkMemory(memory, present.memory());
  } catch (error) {
    return unknown('memory', messageOf(error));
  }
}

function refusedBy(check: 'name' | 'uuid', free: string, refuse: () => void): Check {
  try {
    refuse();
    return passed(check, free);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    const isTaken = error.code === 'name-taken' || error.code === 'uuid-taken';
    return isTaken ? failed(check, error.message) : unknown(check, error.message);
  }
}

function messageOf(error: unknown): string {
  const isKnown = error instanceof HostError || error instanceof ConfigurationJsonError;
  if (!isKnown) throw error;
  return error instanceof HostError ? error.message : `the configuration ${error.message}`;
}
