/**
 * Decides whether a module can be a guest: docs/guests.md is the ABI. A guest's whole state must be in its
 * linear memory and in exported globals; the loader refuses whatever it can see break this.
 */
import { HostError } from '@mig/hypervisor';
import { quoted } from '@mig/protocol/terminal-text';
import { ModuleError } from './module-reader.js';
import { type GlobalType, readSections, type Sections, type Signature, type ValueType } from './sections.js';

export const GUEST_ABI = 1;
/** Most octets of a guest's module: it travels inside the vCPU's state. */
export const LARGEST_GUEST = 16 << 20;
/** Most globals of a guest's state: they travel by name. */
export const MOST_STATE_GLOBALS = 1024;
/** Most octets of such a name. */
export const LONGEST_GLOBAL_NAME = 255;
/** Most entries of all tables together, however far they may grow. */
export const MOST_TABLE_ENTRIES = 100_000;

export interface Guest {
  readonly module: Uint8Array;
  /** The globals of its state, by name. */
  readonly globals: ReadonlyMap<string, StateType>;
  /** The smallest memory it runs in, in pages of 64 KiB. */
  readonly minimumMemory: number;
}

export type StateType = Exclude<ValueType, 'other'>;

const importedFunctions: Readonly<Record<string, Signature>> = {
  'mig.now': '() -> (f64)',
  'mig.console': '(i32, i32) -> ()',
};
const exportedFunctions: Readonly<Record<string, Signature>> = {
  start: '() -> ()',
  run: '() -> (i32)',
};

/** @throws HostError bad-guest, naming the obstacle */
export function inspectGuest(module: Uint8Array): Guest {
  if (module.length > LARGEST_GUEST) refuse(`it is larger than ${LARGEST_GUEST} bytes`);
  let sections: Sections;
  try {
    sections = readSections(module);
  } catch (error) {
    if (error instanceof ModuleError) return refuse(error.message);
    throw error;
  }
  if (!WebAssembly.validate(module)) refuse('it is not a valid WebAssembly module');
  if (sections.hasStart) {
    refuse(
      'it has a start section, which would run again when the domain is restored; export start() instead',
    );
  }
  const minimumMemory = checkImports(sections);
  checkTables(sections);
  checkExports(sections);
  return { module, globals: stateGlobals(sections), minimumMemory };
}

/** Refuses large tables: they use the host's memory, not the domain's. */
function checkTables({ tables }: Sections): void {
  let entries = 0;
  for (const { maximum } of tables) {
    if (maximum === undefined) refuse('it has a table without a maximum');
    entries += maximum;
  }
  if (entries > MOST_TABLE_ENTRIES) {
    refuse(`its tables may grow to ${entries} entries; at most ${MOST_TABLE_ENTRIES} are allowed`);
  }
}

function checkImports(sections: Sections): number {
  let minimumMemory: number | undefined;
  for (const { module, name, kind, signature, memory } of sections.imports) {
    const full = `${module}.${name}`;
    if (full === 'env.memory' && memory !== undefined) {
      if (!memory.shared) refuse('its memory env.memory is not shared');
      if (memory.maximum !== 65536) refuse('the maximum of its memory env.memory is not 65536 pages');
      minimumMemory = memory.minimum;
    } else if (kind === 'function' && Object.hasOwn(importedFunctions, full)) {
      const wanted = importedFunctions[full]!;
      if (signature !== wanted) refuse(`it imports ${full} as ${signature}: it is ${wanted}`);
    } else {
      refuse(`it imports the ${kind} ${quoted(full)}, which ABI ${GUEST_ABI} does not have`);
    }
  }
  if (sections.ownMemories > 0) refuse('it has a memory of its own; it is to import env.memory');
  return minimumMemory ?? refuse('it does not import its memory, env.memory');
}

function checkExports(sections: Sections): void {
  const exported = (name: string) => sections.exports.find((entry) => entry.name === name);
  const abi = exported('mig_abi');
  if (abi?.kind !== 'global') refuse('it does not export the global mig_abi');
  const { type, mutable, constant } = sections.globals[abi.index]!;
  if (type !== 'i32' || mutable || constant === undefined) refuse('its mig_abi is not a constant i32');
  if (constant !== GUEST_ABI) refuse(`it is of ABI ${constant}; this is ABI ${GUEST_ABI}`);
  for (const [name, wanted] of Object.entries(exportedFunctions)) {
    const entry = exported(name);
    if (entry?.kind !== 'function') refuse(`it does not export the function ${name}`);
    const signature = sections.functions[entry.index];
    if (signature !== wanted) refuse(`its ${name} is ${signature}: it must be ${wanted}`);
  }
}

function stateGlobals(sections: Sections): Map<string, StateType> {
  const names = new Map<number, string>();
  for (const { name, kind, index } of sections.exports) if (kind === 'global') names.set(index, name);
  const state = new Map<string, StateType>();
  sections.globals.forEach((global: GlobalType, index) => {
    if (!global.mutable) return;
    const name = names.get(index);
    if (name === undefined) {
      return refuse(`its mutable global ${index} is not exported: its value could not be migrated`);
    }
    if (new TextEncoder().encode(name).length > LONGEST_GLOBAL_NAME) {
      return refuse(`its mutable global ${index} has a name of more than ${LONGEST_GLOBAL_NAME} bytes`);
    }
    if (global.type === 'other') return refuse(`its mutable global ${quoted(name)} is not of a number type`);
    state.set(name, global.type);
  });
  if (state.size > MOST_STATE_GLOBALS) {
    refuse(`it has ${state.size} mutable globals; at most ${MOST_STATE_GLOBALS} are allowed`);
  }
  return state;
}

function refuse(reason: string): never {
  throw new HostError('bad-guest', `the guest cannot be run: ${reason}`);
}
