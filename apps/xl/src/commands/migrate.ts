import { isatty } from 'node:tty';
import type { Host } from '@mig/hypervisor';
import { exitAtOnce } from '@mig/posix';
import type { SourceState } from '@mig/protocol/handshake';
import type { SourceTimeouts } from '@mig/sender';
import type { Leaving } from '../target/refuse-target.js';
import type { Context } from '../host/context.js';
import { findDomain } from '../host/find-domain.js';
import { isLocal } from '../host/local-host.js';
import { sentTo } from '../host/sent-to.js';
import { OperatorAccess } from '../control/operator-access.js';
import { checkTraceOptions, type OpenedTrace, openTrace, type TraceOptions } from '../trace/trace-options.js';
import { Reporting } from '../trace/reporting.js';
import { endAtSignals, heedSignals } from '../output/signals.js';
import { createView } from '../view/create-view.js';
import { explainDeath } from '../worker/explain-failure.js';
import { millisecondsText } from '../output/figures.js';
import { checkPolicy } from '../worker/own-policy.js';
import { PointOfNoReturn } from '../view/point-of-no-return.js';
import { type SettingOptions, settingsOf } from '../options/setting-options.js';
import { RouteHistory, type SuspendCost, suspendCostOf } from '../target/route-history.js';
import { prepareTask, runTask, TaskError } from '../worker/run-task.js';
import { replacementIn } from '../configuration/sent-configuration.js';
import { named } from '../worker/named-failure.js';
import type { Names } from '../worker/names.js';
import type { Task, TaskResults } from '../worker/task.js';
import { predictPause, refuseUnsupported, routeOf } from '../target/stop-and-copy.js';
import { openTransport, rune, runeEnvironment, transportEnd } from '../target/transport.js';
import type { View, ViewKind } from '../view/view.js';

export interface MigrateOptions extends SettingOptions, TraceOptions {
  readonly C?: string;
  readonly s: string;
  readonly e?: true;
  readonly F?: true;
  readonly p?: true;
  readonly D?: true;
  readonly debug?: true;
  readonly json?: true;
  /** Whether checks are made: `false` for `--no-check`. */
  readonly check?: boolean;
  readonly timeouts: SourceTimeouts;
}

export async function migrate(
  context: Context,
  domain: string,
  target: string,
  options: MigrateOptions,
): Promise<void> {
  context.neverWait();
  const settings = settingsOf(options);
  if (options.policy !== undefined) await checkPolicy(options.policy);
  checkTraceOptions(options);
  const host = await context.openHost();
  const found = findDomain(host, domain);
  const { domid, name, epoch } = found;
  const whyNotLive = host.whyNotLive?.(domid);
  if (whyNotLive !== undefined) refuseUnsupported(name, whyNotLive, options);
  // Everything that the host shares with threads exists by now.
  prepareTask('migrate');
  const configuration = {
    json: await replacementIn(options.C, host, domid, context.log),
    preserveDomid: options.D,
  };
  const view = await createView(viewKind(options, context.global), context);
  const command = rune(options.s, target, receiveArguments(context, options));
  // A command cannot stand for the name of a host.
  const where = options.s === '' ? 'the target' : target;
  const sent = sentTo(options.s, target);
  const info = host.info();
  const { stateFolder, assumedSuspendCost } = info;
  const record = { domid, domain: name, target: where, pid: process.pid };
  // Claim the domain first: until the claim succeeds, its trace and report files may belong to a migration
  // that is already running.
  const access = await OperatorAccess.claim(stateFolder, record, (text) => noteEverywhere(view, text));
  try {
    await refuseKnownFailure(host, { domid, name, configuration }, target, options);
    const history = new RouteHistory(stateFolder, routeOf(info, sent, whyNotLive));
    const suspend = suspendCostOf(history, assumedSuspendCost);
    const suspendCost = suspend.milliseconds;
    const lineRate = history.median('line-rates');
    const { maxDowntime, policy: ownPolicy, debug = false, timeouts } = options;
    if (whyNotLive !== undefined) {
      noteEverywhere(view, predictPause(found, whyNotLive, { where, suspend, lineRate }, maxDowntime));
    }
    const names = { name, where, command };
    const origin = { host, domain: found, target: sent, settings, ownPolicy, suspendCost, debug, names };
    const trace = openTrace(options, origin);
    if (maxDowntime !== undefined && whyNotLive === undefined) {
      const warning = downtimeWarning(maxDowntime, suspend, where);
      if (warning !== undefined) noteEverywhere(view, warning);
    }
    const report = await runMigration(
      {
        domid,
        epoch,
        sentTo: sent,
        settings,
        ownPolicy,
        suspendCost,
        lineRate,
        debug,
        unchecked: options.check === false,
        configuration,
        timeouts,
      },
      { names, environment: runeEnvironment(options.s), view, access, trace, context },
    );
    if (report === undefined) return;
    history.add('suspend-costs', report.suspendCostMilliseconds);
    history.add('start-waits', report.startWaitMilliseconds);
    history.add('line-rates', report.lineRate);
  } finally {
    await access.close();
  }
}

/**
 * Asks a Xen target before anything is sent. An embedded target checks everything itself, and a HOST that is
 * a command would be run.
 * @throws Failure
 */
async function refuseKnownFailure(
  host: Host,
  leaving: Leaving,
  target: string,
  { check, s: sshCommand, timeouts }: MigrateOptions,
): Promise<void> {
  if (check === false || isLocal(host) || sshCommand === '') return;
  const { refuseTarget } = await import('../target/refuse-target.js');
  await refuseTarget(host, leaving, { sshCommand, host: target, timeout: timeouts.banner });
}

type MigrateTask = Task & { kind: 'migrate' };

interface MigrationDeps {
  readonly names: Names;
  /** The environment of the command that reaches the target. */
  readonly environment: NodeJS.ProcessEnv;
  readonly view: View;
  readonly access: OperatorAccess;
  readonly trace: OpenedTrace;
  readonly context: Context;
}

/** Runs the migration. @returns undefined if it failed, which has been reported */
async function runMigration(
  what: Omit<MigrateTask, 'kind' | 'inputFd' | 'outputFd' | 'trace'>,
  { names, environment, view, access, trace, context }: MigrationDeps,
): Promise<TaskResults['migrate'] | undefined> {
  const reporting = trace.report && new Reporting(trace.report, context);
  const transport = openTransport(names.command, environment, context.log);
  const { inputFd, outputFd } = transport;
  const point = new PointOfNoReturn(view, names.name, names.where);
  let state: SourceState = 'awaiting-banner';
  // Between the task's end and the transport's, while operators are informed, no signal must end the process
  // halfway, either.
  const endHeed = heedSignals(() => undefined);
  try {
    const report = await runTask(
      context,
      { kind: 'migrate', ...what, inputFd, outputFd, trace: trace.task },
      {
        onStart: (control) => access.start(control, what.settings, what.ownPolicy),
        onEvent: (event) => {
          if (event.kind === 'source-state') state = event.state;
          point.event(event);
          access.event(event);
        },
        onTrace: (octets) => reporting?.add(octets),
        onSignal: () => point.signal(),
      },
    );
    await access.moved();
    await transportEnd(transport);
    view.complete(report);
    return report;
  } catch (error) {
    const settled = error instanceof TaskError;
    const found = settled ? error.failure : explainDeath(error, state);
    context.exitStatus = found.exitStatus;
    // The operator's most important lines come first: the transport may take its time.
    const failure = named(found, names);
    view.failed(failure);
    await (settled ? access.failed(failure) : access.died(failure));
    const end = await transportEnd(transport);
    if (end !== undefined) view.note(`migration transport process [${transport.child.pid ?? '?'}] ${end}`);
    return undefined;
  } finally {
    endAtSignals(() => exitAtOnce(context.exitStatus));
    endHeed();
    await reporting?.finish();
  }
}

/** Shows a note to people, and to programs that follow the migration. */
function noteEverywhere(view: View, text: string): void {
  view.event({ kind: 'note', text });
}

/** Words a warning if a requested downtime is unlikely. */
function downtimeWarning(
  maxDowntime: number,
  { milliseconds, isMeasured }: SuspendCost,
  where: string,
): string | undefined {
  const cost = millisecondsText(milliseconds);
  const verdict = `a downtime of ${maxDowntime} ms is out of reach`;
  const isOut = milliseconds >= maxDowntime;
  if (isMeasured) {
    return isOut ? `the suspend itself costs ${cost} on the way to ${where}: ${verdict}` : undefined;
  }
  const known = `no migration to ${where} was measured so far: ${cost} are assumed for the suspend itself`;
  return isOut ? `${known}, so that ${verdict}. A migration without --abort-if-busy measures it` : known;
}

/**
 * Whether standard error is a terminal. Node's own stream for it would make a pipe non-blocking for all
 * processes that share it, including ssh.
 */
function isTerminal(): boolean {
  return isatty(2);
}

/** Picks the kind of view. With `-v` the target prints more lines, which would interrupt a bar. */
function viewKind({ json }: MigrateOptions, { verbosity }: Context['global']): ViewKind {
  if (json === true) return 'json';
  return isTerminal() && verbosity === 0 ? 'bars' : 'lines';
}

function receiveArguments({ global }: Context, { e, F, debug, p }: MigrateOptions): string[] {
  return [
    ...(isTerminal() || global.forceProgress ? ['-t'] : []),
    ...(global.timestamps ? ['-T'] : []),
    ...(global.verbosity > 0 ? [`-${'v'.repeat(global.verbosity)}`] : []),
    'migrate-receive',
    ...(e === true || F === true ? ['-e'] : []),
    ...(debug === true ? ['-d'] : []),
    ...(p === true ? ['-p'] : []),
  ];
}
