/** A policy that somebody else has written: what it says is checked, and its mistakes end the migration, not the guest. */
import type { PrecopyDecision, PrecopyPolicy } from '@mig/hypervisor';

const DECISIONS = ['continue-precopy', 'stop-and-copy', 'abort'];

/**
 * @param policy what its module exports, believed to be a PrecopyPolicy
 * @param name what it is called in the reason of an abort
 */
export function guarded(policy: (stats: never) => unknown, name: string): PrecopyPolicy {
  return (stats) => {
    let answer: unknown;
    try {
      answer = policy(Object.freeze({ ...stats }) as never);
    } catch (error) {
      return faulty(name, `threw ${error instanceof Error ? error.message : String(error)}`);
    }
    const fault = faultOf(answer);
    return fault === undefined ? (answer as PrecopyDecision) : faulty(name, fault);
  };
}

function faulty(name: string, what: string): PrecopyDecision {
  return { decision: 'abort', reason: { code: 'policy-failed', sentence: `the policy ${name} ${what}` } };
}

function faultOf(answer: unknown): string | undefined {
  if (answer instanceof Promise || typeof (answer as { then?: unknown } | undefined)?.then === 'function') {
    // Nobody waits for it, so it must not end the process either.
    void Promise.resolve(answer).catch(() => undefined);
    return 'answered with a promise: a policy decides at once';
  }
  const { decision, reason } = (answer ?? {}) as { decision?: unknown; reason?: unknown };
  if (typeof decision !== 'string' || !DECISIONS.includes(decision)) {
    return `answered ${inspect(answer)}, which is no decision`;
  }
  if (decision === 'continue-precopy') return undefined;
  const { code, sentence } = (reason ?? {}) as { code?: unknown; sentence?: unknown };
  return typeof code === 'string' && typeof sentence === 'string'
    ? undefined
    : `decided ${decision} without a reason { code, sentence }`;
}

const LONGEST = 100;

function inspect(value: unknown): string {
  let text: string | undefined;
  try {
    text = JSON.stringify(value);
  } catch {
    // Circular, or a BigInt.
  }
  return (text ?? String(value)).slice(0, LONGEST);
}
