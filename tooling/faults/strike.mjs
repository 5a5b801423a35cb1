// The fault itself, of the line or of a process, at the moment to which the migration was brought.
import { setTimeout } from 'node:timers/promises';
import { sourceTable } from '@mig/protocol/handshake';
import { comesTrue, send, stateOf } from './processes.mjs';

/** Seconds that nothing is waited for in vain where the fault is none that is waited for. */
const GENEROUS = 30;

/** Has the migration run into the case's fault. @param {import('./scene.mjs').Scene} scene */
export async function strike(scene) {
  const { seen } = scene;
  scene.begin(environments(scene.it));
  seen.reached = await scene.reach();
  if (seen.reached) {
    seen.began = performance.now();
    await perform(scene);
  } else await scene.migration.act({ do: 'cut' });
  await scene.untilOver();
}

async function perform(scene) {
  const { fault, moment, mask, octets } = scene.it;
  const { migration } = scene;
  const { kind, direction, forEver } = fault;
  scene.seen.stateAtFault = migration.sourceStates().at(-1);
  switch (kind) {
    case 'kill':
      await kill(scene);
      await migration.act({ do: 'go' });
      break;
    case 'wait':
      await migration.act({ do: 'go' });
      if (moment.grip !== undefined) await untilGivenUp(scene);
      break;
    default:
      await migration.act({ do: kind, direction, forEver, mask, octets });
  }
  if (forEver !== true) scene.release();
}

/** Waits until the source, whose patience lapses, has had the time. */
async function untilGivenUp({ it, migration }) {
  const lapse = (it.patience.source + 5) * 1000;
  await migration.until(() => migration.status !== undefined || migration.sourceClosed, lapse);
}

async function kill(scene) {
  const { fault, moment } = scene.it;
  let pid;
  await comesTrue(() => (pid = victimOf(scene, fault.victim)) !== undefined, 2000);
  if (pid === undefined) throw new Error(`there is no ${fault.victim}`);
  // Past permission the first signal is heard and no more.
  const past = ['unknown', 'destroy-failed', 'destroyed'].includes(sourceTable[moment.source[0]].onFailure);
  for (const [i, signal] of fault.signals.entries()) {
    if (i > 0) await setTimeout(150);
    send(pid, signal);
    if (signal === 'SIGSTOP') await comesTrue(() => stateOf(pid) === 'T', 1000);
    else await comesTrue(() => stateOf(pid) === undefined, signal !== 'SIGKILL' && past ? 200 : 1500);
  }
  if (fault.signals[0] === 'SIGSTOP') continueLater(scene, pid);
}

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

/** Once the other end has given up; or, where nobody is to come to help, not before all is over. */
function continueLater(scene, pid) {
  const { migration } = scene;
  const { fault, patience } = scene.it;
  scene.undoLater(() => send(pid, 'SIGCONT'));
  if (fault.forEver === true) return;
  const gaveUp = () =>
    fault.victim === 'source' ? migration.targetStatus !== undefined : migration.sourceClosed;
  void migration
    .until(
      () => gaveUp() || migration.status !== undefined,
      (Math.max(patience.source, patience.target) + 1) * 1000,
    )
    .then(() => send(pid, 'SIGCONT'));
}

/** Patience that lapses is short; what nobody is to wait for in vain has time. */
function environments({ fault, moment, patience }) {
  const stops = fault.signals?.[0] === 'SIGSTOP';
  // A length that is not the one that was sent makes the target wait for octets that do not come.
  const waits = ['stall', 'inject', 'corrupt'].includes(fault.kind);
  const lapses = waits || stops || (fault.kind === 'wait' && moment.grip !== undefined);
  const source = lapses ? patience.source : GENEROUS;
  // Where the guest is waited for, nobody else gives up before.
  const target = lapses && fault.kind !== 'wait' ? patience.target : GENEROUS;
  // A banner is awaited while programs start, which takes longer than all that follows.
  const early = moment.source[0] === 'awaiting-banner';
  return timeouts({ banner: early ? source : GENEROUS, source, target });
}

/** The environment of either end, by the seconds that it waits. */
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
