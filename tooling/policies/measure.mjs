// Migrates one domain back and forth, under each policy in turn, repeatedly, and measures each migration.
import { loadavg } from 'node:os';
import { TwoHosts } from '../bench/two-hosts.mjs';

/** Migrations back and forth before the first that counts: they measure the cost of a suspend. */
const WARM_UP = 2;

/** @import { Attempt, Reason } from '../bench/two-hosts.mjs' */
/** @import { Domain } from './cells.mjs' */
/** @import { Migration, Pass } from './results.mjs' */

/**
 * @typedef {object} How
 * @property {number} runs
 * @property {number | undefined} core on which it happens; any, where undefined
 * @property {(migration: Migration) => void} tell is called with each run, as it is written to the results
 */

/** @param {Domain} domain @param {How} how */
export async function measure({ link, workload, policies }, { runs, core, tell }) {
  const pair = new TwoHosts({ core });
  const limit = ['--bandwidth', link.bandwidth, '--bandwidth-always'];
  try {
    await pair.create({ memory: link.memory, ...workload.guest(link) });
    for (let i = 0; i < 2 * WARM_UP; i++) await pair.migrate('--precopy-iterations', '1', ...limit);
    for (let run = 0; run < runs; run++) {
      for (const policy of policies) {
        const attempt = await pair.attempt(...policy.options, ...limit);
        const cell = { link: link.name, workload: workload.name, policy: policy.name, run };
        tell({ ...cell, ...figures(attempt), ...(run === 0 && { passes: passesOf(attempt) }) });
      }
    }
    await pair.checkHealth();
  } finally {
    pair.close();
  }
}

/** @param {Attempt} attempt */
function figures({ status, events, stderr }) {
  const last = events.at(-1);
  const decisions = events.flatMap((each) =>
    each.event === 'consulted' && each.answer.reason !== undefined
      ? [{ stats: each.stats, reason: each.answer.reason }]
      : [],
  );
  const decided = decisions.at(-1);
  const isOver = last?.event === 'complete' || (last?.event === 'failed' && last.reason !== undefined);
  if (!isOver || decided === undefined) {
    throw new Error(`a migration ended with ${status}: ${stderr} ${JSON.stringify(last)}`);
  }
  const moved = last.event === 'complete' ? last : undefined;
  const passes = events.filter((each) => each.event === 'pass');
  const { suspendCost, estimatedDowntime, elapsedMilliseconds } = decided.stats;
  return {
    status,
    reason: reasonOf(decided.reason),
    iterations: passes.filter(({ kind }) => kind === 'precopy').length,
    milliseconds: rounded(moved?.totalMilliseconds ?? elapsedMilliseconds),
    octets: moved?.octetsSent ?? passes.reduce((sum, { octets }) => sum + octets, 0),
    downtime: moved === undefined ? undefined : rounded(moved.downtimeMilliseconds),
    // Precopy ended with the count known.
    estimate: estimatedDowntime === undefined ? undefined : rounded(estimatedDowntime),
    suspendCost: rounded(suspendCost),
    load: loadavg()[0] ?? NaN,
  };
}

/**
 * The limit that found a domain busy.
 * @param {Reason} reason
 */
function reasonOf({ code, sentence }) {
  const [, limit] = /^the domain is busy \(([\w-]+)\)/.exec(sentence) ?? [];
  return limit === undefined ? code : `${code} (${limit})`;
}

/**
 * @param {Attempt} attempt
 * @returns {Pass[]}
 */
function passesOf({ events }) {
  return events
    .filter((each) => each.event === 'pass')
    .map((pass) => [pass.kind, pass.dirtyPages, pass.sentPages, rounded(pass.milliseconds)]);
}

/** @param {number} value */
function rounded(value) {
  return Math.round(value * 10) / 10;
}
