/** Checks of a domain that leaves or arrives, beyond what its host knows of its domains. */
import { HostError } from '@mig/hypervisor';
export { checkAwayName, checkDomain, hostIdentity } from '@mig/hypervisor/preflight';
import { type Check, checkDomid, failed, passed, unknown } from '@mig/protocol/preflight';
import { quoted } from '@mig/protocol/terminal-text';
import { readFileSync } from 'node:fs';
import { type DomainConfiguration, domainType, parseConfiguration } from './configuration.js';

const MIB = 2 ** 20;

/** @param whyNoLogDirty the reason why this kernel cannot */
export function checkLog(whyNoLogDirty: string | undefined, live: boolean): Check {
  if (whyNoLogDirty === undefined) return passed('log', 'this kernel logs written pages');
  if (!live) return passed('log', 'the domain is suspended before a page is sent: nothing has to be logged');
  return failed('log', `${whyNoLogDirty}; --precopy-iterations 0 needs none of it`);
}

/** Facts of a host by which an arriving domain is judged. */
export interface Present {
  readonly takenDomids: readonly number[];
  /** Gives the reasons, one for each domain that keeps another from starting. */
  readonly inTheWay: (arriving: DomainConfiguration) => readonly HostError[];
  /** Memory of the host in octets. */
  readonly memory?: MemoryOfHost;
}

export interface MemoryOfHost {
  /** Most octets of a file: a domain's memory is one. */
  readonly fileSizeLimit: number;
  /** Octets that are free, or can be freed, swap included; undefined if the kernel does not tell. */
  readonly available: number | undefined;
}

export function checkArrival(
  configuration: string,
  { takenDomids, inTheWay, memory = memoryOfHost() }: Present,
): Check[] {
  let parsed: DomainConfiguration;
  try {
    const type = domainType(configuration);
    if (type !== 'wasm') {
      const domain = `a ${quoted(type.toUpperCase())} domain`;
      return [
        failed('kind', `this is ${domain}, and the embedded hypervisor there runs WebAssembly domains`),
      ];
    }
    parsed = parseConfiguration(configuration);
  } catch (error) {
    if (!(error instanceof HostError)) throw error;
    return [failed('configuration', error.message)];
  }
  const { name, domid } = parsed;
  const errors = inTheWay(parsed);
  const named = errors.find(({ code }) => code === 'name-taken');
  const itself = errors.find(({ code }) => code === 'uuid-taken');
  return [
    passed('kind', 'the embedded hypervisor runs WebAssembly domains'),
    passed('configuration', 'it takes the configuration'),
    named === undefined ? passed('name', `${name} is free`) : failed('name', named.message),
    itself === undefined
      ? passed('uuid', 'no other copy of the domain is there')
      : failed('uuid', itself.message),
    ...checkDomid(domid, takenDomids),
    checkMemory(parsed, memory),
  ];
}

function checkMemory({ memory }: DomainConfiguration, { fileSizeLimit, available }: MemoryOfHost): Check {
  const its = `its memory, ${memory} MiB,`;
  if (memory * MIB > fileSizeLimit)
    return failed('memory', `${its} is beyond the limit of file sizes (ulimit -f)`);
  if (available === undefined)
    return unknown('memory', `its memory, ${memory} MiB: how much is free, the kernel does not say`);
  const free = Math.floor(available / MIB);
  // Pages that the guest has never written need no memory.
  if (memory > free)
    return unknown(
      'memory',
      `${its} is more than the ${free} MiB that are free, if the guest uses all of it`,
    );
  return passed('memory', `${its} is within the ${free} MiB that are free`);
}

function memoryOfHost(): MemoryOfHost {
  const limit = /^Max file size +(\d+|unlimited)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
  const kib = (name: string, text: string): number | undefined => {
    const found = new RegExp(`^${name}: +(\\d+) kB$`, 'm').exec(text)?.[1];
    return found === undefined ? undefined : Number(found);
  };
  const memory = readFileSync('/proc/meminfo', 'utf8');
  const available = kib('MemAvailable', memory);
  return {
    fileSizeLimit: limit === undefined || limit === 'unlimited' ? Infinity : Number(limit),
    available: available === undefined ? undefined : (available + (kib('SwapFree', memory) ?? 0)) * 1024,
  };
}
