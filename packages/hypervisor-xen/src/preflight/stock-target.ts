/**
 * Judges a target without mig by what it says of itself: `xl info` and `xl list -v`, which an older mig
 * also has, and the line of /proc/cpuinfo that names the processors' vendor.
 */
import { hostname } from 'node:os';
import {
  type Check,
  checkDomid,
  type CheckName,
  failed,
  passed,
  type PreflightQuestion,
  unknown,
} from '@mig/protocol/preflight';
import { quoted } from '@mig/protocol/terminal-text';
import { ConfigurationJsonError } from '@mig/protocol';
import { type Needs, needsIn } from './configuration.js';
import { checkMemory } from './memory.js';
import { otherVendor, vendorIn } from './processor.js';
import { checkVersion } from './version.js';

interface Row {
  readonly name: string;
  readonly domid: number;
  /** Memory in MiB. */
  readonly memory: number;
  readonly uuid: string;
}

/** A line of `xl list -v`: Name ID Mem VCPUs State Time(s) UUID ... */
const ROW = /^(\S.*?) +(\d+) +(\d+) +\d+ +[-a-z]{6} +[\d.]+ +([0-9a-f-]{36})(?: |$)/i;
const MIB = 1024;
const CANNOT = 'a stock xl, or an older mig, cannot be asked';

/**
 * @param text the output of those commands
 * @param here this host's name
 */
export function checkStockTarget(question: PreflightQuestion, text: string, here = hostname()): Check[] {
  const lines = text.split('\n').map((line) => line.trimEnd());
  const facts = factsIn(lines);
  const list = rowsIn(lines);
  let needs: Needs;
  try {
    needs = needsIn(question.configuration);
  } catch (error) {
    if (!(error instanceof ConfigurationJsonError)) throw error;
    return [failed('configuration', `the configuration ${error.message}`)];
  }
  const kind = checkKind(needs, facts);
  if (kind.outcome === 'failed') return [kind];
  const cannot = (check: CheckName) => unknown(check, CANNOT);
  return [
    passed('host', `xl answers there${facts.has('host') ? `, on ${quoted(facts.get('host')!)}` : ''}`),
    kind,
    cannot('configuration'),
    ...checkTaken(needs, list, facts.get('host') === here),
    memoryOf(needs, facts, list),
    ...(needs.type === 'wasm' ? [] : [versionOf(question, facts, needs.type), processorOf(question, facts)]),
    ...(needs.disks.length === 0 ? [] : [cannot('disks')]),
    ...(needs.interfaces.length === 0 ? [] : [cannot('bridges')]),
  ];
}

function factsIn(lines: readonly string[]): ReadonlyMap<string, string> {
  const pairs = lines.map((line) => /^([a-z_]+)\s*: ?(.*)$/.exec(line)).filter((match) => match !== null);
  return new Map(pairs.map(([, name, value]) => [name!, value!.trim()]));
}

function rowsIn(lines: readonly string[]): readonly Row[] | undefined {
  const heading = lines.findIndex((line) => /^Name +ID +Mem +VCPUs/.test(line));
  if (heading === -1) return undefined;
  return lines
    .slice(heading + 1)
    .map((line) => ROW.exec(line))
    .filter((match) => match !== null)
    .map(([, name, domid, memory, uuid]) => ({
      name: name!,
      domid: Number(domid),
      memory: Number(memory),
      uuid: uuid!.toLowerCase(),
    }));
}

function checkKind({ type }: Needs, facts: ReadonlyMap<string, string>): Check {
  const shown = quoted(type.toUpperCase());
  const isEmbedded = facts.get('hypervisor')?.startsWith('embedded') === true;
  const isXen = facts.has('xen_major');
  if (type === 'wasm') {
    if (isEmbedded) return passed('kind', 'the embedded hypervisor there runs WebAssembly domains');
    if (isXen) return failed('kind', 'this is a WebAssembly domain, and Xen there runs none');
    return unknown('kind', 'which hypervisor is there, xl info does not say');
  }
  if (isEmbedded) {
    return failed(
      'kind',
      `this is a ${shown} domain, and the embedded hypervisor there runs WebAssembly domains`,
    );
  }
  if (!isXen) return unknown('kind', 'which hypervisor is there, xl info does not say');
  // Since 4.12; before, the list of guest types begins with it.
  const can = facts.get('virt_caps') ?? facts.get('xen_caps');
  if (can === undefined)
    return unknown('kind', `whether Xen there runs ${shown} domains, xl info does not say`);
  if (!/\bhvm\b/.test(can))
    return failed('kind', `Xen there has no hardware virtualisation, which ${shown} domains need`);
  return passed('kind', `Xen there runs ${shown} domains`);
}

function checkTaken(
  { name, uuid, domid }: Needs,
  list: readonly Row[] | undefined,
  seemsHere: boolean,
): Check[] {
  if (list === undefined) {
    const why = 'xl list -v there does not say which domains it has';
    return [unknown('name', why), unknown('uuid', why)];
  }
  const copy = list.find((row) => row.uuid === uuid?.toLowerCase());
  const named = list.find((row) => row.name === name && row !== copy);
  const copyCheck = () => {
    if (copy === undefined) return passed('uuid', 'no copy of the domain is there');
    const there = `${quoted(copy.name)}, domid ${copy.domid}, has its UUID there`;
    return seemsHere
      ? unknown('uuid', `${there}: it is the domain itself, if HOST is this host, as its name says`)
      : failed('uuid', there);
  };
  return [
    named === undefined
      ? passed('name', `${quoted(name)} is free`)
      : failed('name', `there is a domain called ${quoted(name)} already, domid ${named.domid}`),
    copyCheck(),
    ...checkDomid(
      domid,
      list.map((row) => row.domid),
    ),
  ];
}

function memoryOf(
  { memory, type }: Needs,
  facts: ReadonlyMap<string, string>,
  list: readonly Row[] | undefined,
): Check {
  const free = numberIn(facts, 'free_memory');
  const controlDomain = list?.find(({ domid }) => domid === 0)?.memory;
  if (type === 'wasm' || free === undefined || controlDomain === undefined) {
    return unknown('memory', 'xl there does not say what is free for a domain');
  }
  // Its xl.conf cannot be read.
  const autoballoon = undefined;
  return checkMemory(memory, { free: free * MIB, controlDomain: controlDomain * MIB, autoballoon });
}

function versionOf({ xen }: PreflightQuestion, facts: ReadonlyMap<string, string>, type: string): Check {
  const [major, minor] = [numberIn(facts, 'xen_major'), numberIn(facts, 'xen_minor')];
  if (xen === undefined || major === undefined || minor === undefined) {
    return unknown('version', 'xl info there does not say which Xen it is');
  }
  return checkVersion(xen, { major, minor }, type);
}

function processorOf({ xen }: PreflightQuestion, facts: ReadonlyMap<string, string>): Check {
  const its = xen?.cpuPolicy && vendorIn(xen.cpuPolicy.leaves);
  const vendor = facts.get('vendor_id');
  if (its === undefined || vendor === undefined) return unknown('processor', CANNOT);
  if (its !== vendor) return otherVendor(its, quoted(vendor));
  return unknown(
    'processor',
    `they are of ${its} there, as the domain was told; what else they have cannot be asked`,
  );
}

function numberIn(facts: ReadonlyMap<string, string>, name: string): number | undefined {
  const text = facts.get(name) ?? '';
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
