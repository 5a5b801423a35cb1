// Injects the fault, of the line or of a process, at the point to which the migration was brought.
import { setTimeout } from 'node:timers/promises';
import { sourceTable } from '@mig/protocol/handshake';
import { comesTrue, send, stateOf } from './processes.mjs';

/** Timeout in seconds if the fault does not need a short one. */
const GENEROUS = 30;

/** @import { FaultCase, Kill, Victim } from './strata.mjs' */
/** @import { Scene } from './scene.mjs' */

/**
 * Injects the case's fault into the migration.
 * @param {Scene} scene
 * @param {FaultCase} it the scene's case
 */
export async function inject(scene, it) {
  const { seen } = scene;
  scene.begin(environments(it));
  seen.reached = await scene.reach();
  if (seen.reached) {
    seen.began = performance.now();
    await perform(scene, it);
  } else await scene.migration.act({ do: 'cut' });
  await scene.untilOver();
}

/**
 * @param {Scene} scene
 * @param {FaultCase} it
 */
async function perform(scene, it) {
  const { fault, point, mask, octets } = it;
  const { migration } = scene;
  scene.seen.stateAtFault = migration.sourceStates().at(-1);
  switch (fault.kind) {
    case 'kill':
      await kill(scene, it, fault);
      await migration.act({ do: 'go' });
      break;
    case 'wait':
      await migration.act({ do: 'go' });
      if (point.block !== undefined) await untilGivenUp(scene, it);
      break;
    case 'cut':
      await migration.act({ do: 'cut' });
      break;
    case 'stall':
      await migration.act({ do: 'stall', direction: fault.direction, forEver: fault.forEver === true });
      break;
    case 'truncate':
    case 'deafen':
      await migration.act({ do: fault.kind, direction: fault.direction });
      break;
    case 'corrupt':
      await migration.act({ do: 'corrupt', mask });
      break;
    case 'inject':
      await migration.act({ do: 'inject', octets });
  }
  if (fault.forEver !== true) scene.release();
}

/**
 * Waits until the source's timeout has expired.
 * @param {Scene} scene
 * @param {FaultCase} it
 */
async function untilGivenUp({ migration }, it) {
  const lapse = (it.timeout.source + 5) * 1000;
  await migration.until(() => migration.status !== undefined || migration.sourceClosed, lapse);
}

/**
 * @param {Scene} scene
 * @param {FaultCase} it
 * @param {Kill} fault
 */
async function kill(scene, it, fault) {
  /** @type {number | undefined} */
  let pid;
  await comesTrue(() => (pid = victimOf(scene, fault.victim)) !== undefined, 2000);
  if (pid === undefined) throw new Error(`there is no ${fault.victim}`);
  const victim = pid;
  // After permission the first signal is only noted.
  const past = ['unknown', 'destroy-failed', 'destroyed'].includes(sourceTable[it.point.source[0]].onFailure);
  for (const [i, signal] of fault.signals.entries()) {
    if (i > 0) await setTimeout(150);
    send(victim, signal);
    if (signal === 'SIGSTOP') await comesTrue(() => stateOf(victim) === 'T', 1000);
    else await comesTrue(() => stateOf(victim) === undefined, signal !== 'SIGKILL' && past ? 200 : 1500);
  }
  if (fault.signals[0] === 'SIGSTOP') continueLater(scene, it, victim);
}

/** @param {Scene} scene @param {Victim} victim */
function victimOf({ migration, sourcePid, target }, victim) {
  const pids = {
    source: () => migration.pid,
    target: () => migration.target,
    relay: () => migration.relay,
    'source domain': () => sourcePid,
    'target domain': () => target.newestPid(),
  };
  return pids[victim]();
}

/**
 * Continues the process once the other end has given up; or, if nobody comes to help, not before everything
 * is over.
 * @param {Scene} scene
 * @param {FaultCase} it
 * @param {number} pid
 */
function continueLater(scene, { fault, timeout }, pid) {
  const { migration } = scene;
  scene.undoLater(() => send(pid, 'SIGCONT'));
  if (fault.forEver === true) return;
  const gaveUp = () =>
    fault.victim === 'source' ? migration.targetStatus !== undefined : migration.sourceClosed;
  void migration
    .until(
      () => gaveUp() || migration.status !== undefined,
      (Math.max(timeout.source, timeout.target) + 1) * 1000,
    )
    .then(() => send(pid, 'SIGCONT'));
}

/**
 * Sets the timeouts: one that should expire is short, the others are long.
 * @param {FaultCase} it
 */
function environments({ fault, point, timeout }) {
  const stops = fault.signals?.[0] === 'SIGSTOP';
  // A wrong length makes the target wait for octets that do not come.
  const waits = ['stall', 'inject', 'corrupt'].includes(fault.kind);
  const lapses = waits || stops || (fault.kind === 'wait' && point.block !== undefined);
  const source = lapses ? timeout.source : GENEROUS;
  // If the guest is waited for, nobody else gives up before.
  const target = lapses && fault.kind !== 'wait' ? timeout.target : GENEROUS;
  // A banner is awaited while programs start, which takes longer than all that follows.
  const early = point.source[0] === 'awaiting-banner';
  return timeouts({ banner: early ? source : GENEROUS, source, target });
}

/**
 * The environment of either end, by its timeouts in seconds.
 * @param {{ banner: number, source: number, target: number }} seconds
 */
export function timeouts({ banner, source, target }) {
  return {
    source: {
      MIG_BANNER_TIMEOUT: String(banner),
      MIG_SUSPEND_TIMEOUT: String(source),
      MIG_PROGRESS_TIMEOUT: String(source),
      MIG_READY_TIMEOUT: String(source),
      MIG_REPORT_TIMEOUT: String(source),
      MIG_PERMISSION_BACK_TIMEOUT: String(source),
    },
    target: { MIG_PROGRESS_TIMEOUT: String(target), MIG_PERMISSION_TIMEOUT: String(target) },
  };
}
