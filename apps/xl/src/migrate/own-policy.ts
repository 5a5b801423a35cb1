/** `--policy PATH`: a module of the operator's, whose default export is a PrecopyPolicy. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { PrecopyPolicy } from '@mig/hypervisor';
import { guarded } from '@mig/sender/policy';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** @throws Failure where there is no such module, or none that exports a function */
export async function loadPolicy(path: string): Promise<PrecopyPolicy> {
  let module: { default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Failure(`--policy ${path} cannot be loaded: ${reason}`, ExitStatus.usage);
  }
  if (typeof module.default !== 'function') {
    throw new Failure(`--policy ${path} has no function as its default export`, ExitStatus.usage);
  }
  return guarded(module.default as (stats: never) => unknown, path);
}
