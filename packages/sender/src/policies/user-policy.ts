/** A user's own policy: its answers are checked, and its mistakes end the migration, not the guest. */
import { decisions, type PrecopyDecision, type PrecopyPolicy } from '@mig/hypervisor';

/**
 * @param policy the export of its module, taken for a PrecopyPolicy
 * @param name the policy's name in the reason of an abort
 */
export function validated(policy: (stats: never) => unknown, name: string): PrecopyPolicy {
  return (stats) => {
    const { dirtyCounts } = stats;
    const given = Object.freeze({ ...stats, dirtyCounts: Object.freeze([...dirtyCounts]) });
    try {
      const understood = decisionIn(policy(given as never));
      return typeof understood === 'string' ? faulty(name, understood) : understood;
    } catch (error) {
      return faulty(name, `threw ${error instanceof Error ? error.message : inspect(error)}`);
    }
  };
}

function faulty(name: string, what: string): PrecopyDecision {
  return { decision: 'abort', reason: { code: 'policy-failed', sentence: `the policy ${name} ${what}` } };
}

/**
 * @returns the decision, stripped of any other fields, because it goes to other threads and processes; or
 * what is wrong
 */
function decisionIn(answer: unknown): PrecopyDecision | string {
  if (answer instanceof Promise || typeof (answer as { then?: unknown } | undefined)?.then === 'function') {
    // Nobody awaits it, so its rejection must not end the process.
    void Promise.resolve(answer).catch(() => undefined);
    return 'answered with a promise: a policy decides at once';
  }
  const { decision, reason } = (answer ?? {}) as { decision?: unknown; reason?: unknown };
  if (!isDecision(decision)) return `answered ${inspect(answer)}, which is no decision`;
  if (decision === 'continue-precopy') return { decision };
  const { code, sentence } = (reason ?? {}) as { code?: unknown; sentence?: unknown };
  return typeof code === 'string' && typeof sentence === 'string'
    ? { decision, reason: { code, sentence } }
    : `decided ${decision} without a reason { code, sentence }`;
}

function isDecision(word: unknown): word is PrecopyDecision['decision'] {
  return (decisions as readonly unknown[]).includes(word);
}

const LONGEST = 100;

function inspect(value: unknown): string {
  try {
    return ((JSON.stringify(value) as string | undefined) ?? String(value)).slice(0, LONGEST);
  } catch {
    // A circular value, or a BigInt.
    return typeof value === 'bigint' ? String(value) : Object.prototype.toString.call(value);
  }
}
