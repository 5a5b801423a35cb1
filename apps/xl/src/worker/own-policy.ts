/** Implementation of `--policy PATH`: a module of the operator's, whose default export is a PrecopyPolicy. */
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import { messageOf } from '@mig/errors';
import type { PrecopyPolicy } from '@mig/hypervisor';
import { absolutePath, leaveMissingFolder } from '@mig/posix/places';
import { validated } from '@mig/sender/policy';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';

/** Loads a policy. @throws Failure if there is no such module, or if it exports no function */
export async function loadPolicy(path: string): Promise<PrecopyPolicy> {
  const url = urlOf(path);
  let module: { default?: unknown };
  try {
    module = (await import(url)) as { default?: unknown };
  } catch (error) {
    throw refusal(path, error);
  }
  if (typeof module.default !== 'function') {
    throw new Failure(`--policy ${path} has no function as its default export`, ExitStatus.usage);
  }
  return validated(module.default as (stats: never) => unknown, path);
}

/** Makes the URL of a module. @throws Failure if the path is relative, and cannot be resolved */
function urlOf(path: string): string {
  try {
    return pathToFileURL(absolutePath(path)).href;
  } catch (error) {
    throw refusal(path, error);
  }
}

function refusal(path: string, error: unknown): Failure {
  const reason = isTypeScriptUnknown(error) ? TYPESCRIPT : messageOf(error);
  return new Failure(`--policy ${path} cannot be loaded: ${reason}`, ExitStatus.usage);
}

const TYPESCRIPT =
  `TypeScript needs Node 22.18 or later, and this is ${process.versions.node}; make JavaScript of it: ` +
  'tsc --module nodenext --target es2023 FILE';

/** Tells whether a module, or one that it imports, is TypeScript, which this Node does not load. */
function isTypeScriptUnknown(error: unknown): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' && /"\.[mc]?ts"/.test(message);
}

/**
 * Loads the policy in a thread of its own, which then ends: what the module starts, or its later failures,
 * must not reach this thread, which reports the migration.
 * @throws Failure as loadPolicy
 */
export function checkPolicy(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    urlOf(path);
    leaveMissingFolder();
    const refuse = (text: string) => reject(new Failure(text, ExitStatus.usage));
    const program = new URL('../../bin/check-policy.cjs', import.meta.url);
    // The module prints its output again in the thread where it decides.
    new Worker(program, { workerData: path, stdout: true, stderr: true })
      .once('message', ({ problem }: PolicyCheck) => (problem === undefined ? resolve() : refuse(problem)))
      .once('error', (error: unknown) => reject(refusal(path, error)))
      .once('exit', () => refuse(`--policy ${path} cannot be loaded: it ends its thread`));
  });
}

export interface PolicyCheck {
  readonly problem: string | undefined;
}

/**
 * Wraps a policy so that another thread sees when it is asked.
 * @param asking see TaskInput
 */
export function withHeartbeat(policy: PrecopyPolicy, asking: Int32Array): PrecopyPolicy {
  return (stats) => {
    Atomics.add(asking, 0, 1);
    const answer = policy(stats);
    Atomics.add(asking, 0, 1);
    return answer;
  };
}
