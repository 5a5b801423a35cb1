// One domain moved back and forth, under each policy in turn, so often: what each migration was like.
import { loadavg } from 'node:os';
import { TwoHosts } from '../bench/two-hosts.mjs';

/** Migrations there and back before the first that counts: what a suspend costs is measured by them. */
const WARM_UP = 2;

/**
 * @param core on which it happens; any, where undefined
 * @param tell is called with each run, as it is written to the results
 */
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

function figures({ status, events, stderr }) {
  const last = events.at(-1);
  if (last?.event !== 'complete' && last?.reason === undefined) {
    throw new Error(`a migration ended with ${status}: ${stderr} ${JSON.stringify(last)}`);
  }
  const passes = events.filter(({ event }) => event === 'pass');
  const decided = events.findLast(({ event, answer }) => event === 'consulted' && 'reason' in answer);
  const { suspendCost, estimatedDowntime, elapsedMilliseconds } = decided.stats;
  return {
    status,
    reason: reasonOf(decided.answer.reason),
    iterations: passes.filter(({ kind }) => kind === 'precopy').length,
    milliseconds: rounded(last.totalMilliseconds ?? elapsedMilliseconds),
    octets: last.octetsSent ?? passes.reduce((sum, { octets }) => sum + octets, 0),
    downtime: last.downtimeMilliseconds === undefined ? undefined : rounded(last.downtimeMilliseconds),
    // Where it ended with the count known.
    estimate: estimatedDowntime === undefined ? undefined : rounded(estimatedDowntime),
    suspendCost: rounded(suspendCost),
    load: loadavg()[0],
  };
}

/** Of a domain that was found busy, what limit found it so. */
function reasonOf({ code, sentence }) {
  const [, limit] = /^the domain is busy \(([\w-]+)\)/.exec(sentence) ?? [];
  return limit === undefined ? code : `${code} (${limit})`;
}

/** Kind, pages dirty, pages sent, milliseconds. */
function passesOf({ events }) {
  return events
    .filter(({ event }) => event === 'pass')
    .map((pass) => [pass.kind, pass.dirtyPages, pass.sentPages, rounded(pass.milliseconds)]);
}

function rounded(value) {
  return Math.round(value * 10) / 10;
}
