import { isatty } from 'node:tty';
import type { Compression, Host } from '@mig/hypervisor';
import type { SourceState } from '@mig/protocol/handshake';
import type { SourceTimeouts } from '@mig/sender';
import type { Leaving } from '../target/refuse-target.js';
import type { Context } from '../host/context.js';
import { findDomain, refuseAway } from '../host/find-domain.js';
import { isLocal } from '../host/local-host.js';
import { noteMove } from '../host/moved-domains.js';
import { sentTo } from '../host/sent-to.js';
import { OperatorAccess } from '../control/operator-access.js';
import { checkTraceOptions, type OpenedTrace, openTrace, type TraceOptions } from '../trace/trace-options.js';
import { Reporting } from '../trace/reporting.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure, TargetFailure } from '../output/failure.js';
import { heedSignals } from '../output/signals.js';
import { describeError, errorReport } from '../output/errors.js';
import { Account } from '../view/account.js';
import { createView } from '../view/create-view.js';
import { explainDeath } from '../worker/explain-failure.js';
import { millisecondsText } from '../output/figures.js';
import { KeptLog } from '../output/kept-log.js';
import { canRedraw } from '../output/terminal.js';
import { checkPolicy } from '../worker/own-policy.js';
import { PointOfNoReturn } from '../view/point-of-no-return.js';
import { compressionOf } from '../options/compress.js';
import { type SettingOptions, settingsOf } from '../options/setting-options.js';
import { RouteHistory, type SuspendCost, suspendCostOf } from '../target/route-history.js';
import { prepareTask, runTask, TaskError } from '../worker/run-task.js';
import { replacementIn } from '../configuration/sent-configuration.js';
import { named } from '../worker/named-failure.js';
import type { Names } from '../worker/names.js';
import type { Task, TaskFailure, TaskResults } from '../worker/task.js';
import { predictPause, refuseUnsupported, routeOf } from '../target/stop-and-copy.js';
import { sayConnecting } from '../target/connecting.js';
import { commandWords, likelyCause, targetWords, type Way } from '../target/early-end.js';
import {
  endBeforeBanner,
  openTransport,
  rune,
  runeEnvironment,
  type Transport,
  transportEnd,
} from '../target/transport.js';
import type { View, ViewKind } from '../view/view.js';

export interface MigrateOptions extends SettingOptions, TraceOptions {
  readonly C?: string;
  readonly s: string;
  readonly e?: true;
  readonly F?: true;
  readonly p?: true;
  readonly D?: true;
  readonly debug?: true;
  /** Whether the target checks digests of the stream. */
  readonly digest?: true;
  readonly json?: true;
  /** Compression of the pages; default: none. */
  readonly compress?: Compression | 'off';
  /** Whether nothing but a failure is said. */
  readonly quiet?: true;
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
  const compress = compressionOf(options.compress);
  if (options.policy !== undefined) await checkPolicy(options.policy);
  checkTraceOptions(options);
  const host = await context.openHost();
  const found = findDomain(host, domain);
  const { domid, name, epoch } = found;
  if (options.digest === true) refuseWithoutDigests(host);
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
  const way = { sshCommand: options.s, host: target };
  const where = targetWords(way);
  const sent = sentTo(options.s, target);
  const info = host.info();
  const { stateFolder, assumedSuspendCost } = info;
  const record = { domid, domain: name, target: where, pid: process.pid };
  const { maxDowntime, policy: ownPolicy, debug = false, digest = false, timeouts } = options;
  const paused = options.p === true || found.state.paused;
  const asked = { domain: name, uuid: found.uuid, target: where, settings, ownPolicy, debug, digest, paused };
  let access: OperatorAccess | undefined;
  const account = new Account(asked, () => access?.status());
  try {
    refuseAway(found);
    // Claim the domain first: until the claim succeeds, its trace and report files may belong to a migration
    // that is already running.
    access = await OperatorAccess.claim(stateFolder, record, (text) => noteEverywhere(view, text));
    sayConnecting(where, context.log);
    await refuseKnownFailure(host, { domid, name, configuration }, target, options);
    const history = new RouteHistory(stateFolder, routeOf(info, sent, whyNotLive));
    const suspend = suspendCostOf(history, assumedSuspendCost);
    const suspendCost = suspend.milliseconds;
    const lineRate = history.median('line-rates');
    if (whyNotLive !== undefined) {
      noteEverywhere(view, predictPause(found, whyNotLive, { where, suspend, lineRate }, maxDowntime));
    }
    const names = { name, uuid: found.uuid, where, command };
    const origin = {
      host,
      domain: found,
      target: sent,
      settings,
      ownPolicy,
      suspendCost,
      debug,
      digest,
      names,
    };
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
        compress,
        digest,
        unchecked: options.check === false,
        configuration,
        timeouts,
      },
      {
        names,
        way,
        environment: runeEnvironment(options.s),
        view,
        account,
        access,
        trace,
        quiet: options.quiet,
        context,
      },
    );
    if (report === undefined) return;
    noteMove(stateFolder, name, sent);
    history.add('suspend-costs', report.suspendCostMilliseconds);
    history.add('start-waits', report.startWaitMilliseconds);
    history.add('line-rates', report.lineRate);
  } catch (error) {
    const { status } = errorReport(error);
    const refusal = error instanceof TargetFailure ? error.refusal : undefined;
    view.refused(
      {
        ...{ message: describeError(error), advice: [], exitStatus: status, outcome: 'untouched' },
        ...(refusal !== undefined && { refusal }),
      },
      account,
    );
    throw error;
  } finally {
    await access?.close();
  }
}

/** @throws Failure on a host that cannot make digests of the stream */
function refuseWithoutDigests(host: Host): void {
  if (host.features?.has('digest') === true) return;
  const { hypervisor } = host.info();
  throw new Failure(
    `--digest is not supported on ${hypervisor}: its stream has no digests yet; --debug compares all of memory instead`,
    ExitStatus.usage,
  );
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
  readonly way: Way;
  /** The environment of the command that reaches the target. */
  readonly environment: NodeJS.ProcessEnv;
  readonly view: View;
  readonly account: Account;
  readonly access: OperatorAccess;
  readonly trace: OpenedTrace;
  readonly quiet: true | undefined;
  readonly context: Context;
}

/** Runs the migration. @returns undefined if it failed, which has been reported */
async function runMigration(
  what: Omit<MigrateTask, 'kind' | 'inputFd' | 'outputFd' | 'trace'>,
  { names, way, environment, view, account, access, trace, quiet, context }: MigrationDeps,
): Promise<TaskResults['migrate'] | undefined> {
  const reporting = trace.report && new Reporting(trace.report, context);
  // Before the task begins, and between its end and the transport's, while operators are informed, no signal
  // must end the process halfway, either.
  const endHeed = heedSignals(() => undefined);
  // With --quiet, what the target says is wanted only where the migration fails.
  const kept = quiet === true ? new KeptLog(context.log) : undefined;
  const transport = openTransport(names.command, environment, kept ?? context.log);
  const { inputFd, outputFd } = transport;
  const point = new PointOfNoReturn(view, context.log, names.name, names.where);
  let state = 'awaiting-banner' as SourceState;
  try {
    const report = await runTask(
      context,
      { kind: 'migrate', ...what, inputFd, outputFd, trace: trace.task },
      {
        onStart: (control) => access.start(control, what.settings, what.ownPolicy),
        onEvent: (event) => {
          if (event.kind === 'source-state') state = event.state;
          account.onEvent(event);
          point.event(event);
          access.event(event);
        },
        onTrace: (octets) => reporting?.add(octets),
        onSignal: () => point.signal(),
      },
    );
    await access.moved();
    await transportEnd(transport);
    view.complete(report, account);
    return report;
  } catch (error) {
    const settled = error instanceof TaskError;
    const found = settled ? error.failure : explainDeath(error, state);
    context.exitStatus = found.exitStatus;
    // The operator's most important lines come first: the transport may take its time.
    const failure = named(await withCause(found, transport, way), names);
    view.failed(failure, account);
    kept?.release();
    await (settled ? access.failed(failure) : access.died(failure));
    // Before the banner there is nothing that the transport could still have to do.
    const isEarly = state === 'awaiting-banner';
    const end = await (isEarly ? transportEnd(transport, 0) : transportEnd(transport));
    // The other end of a migration that was stopped fails, as it should.
    const isExpected = failure.stoppedBy !== undefined || (isEarly && failure.heard === undefined);
    if (end !== undefined && !isExpected)
      view.note(`migration transport process [${transport.child.pid ?? '?'}] ${end}`);
    return undefined;
  } finally {
    await reporting?.finish();
    endHeed();
  }
}

/** Adds how the transport ended, and why it is likely to have, if no banner came through it. */
async function withCause(failure: TaskFailure, transport: Transport, way: Way): Promise<TaskFailure> {
  const { heard } = failure;
  if (heard === undefined) return failure;
  const { how, status, said } = await endBeforeBanner(transport);
  const cause = likelyCause({ status, said: `${heard}\n${said}` }, way);
  return {
    ...failure,
    ...(heard === '' &&
      how !== undefined && { message: `the target sent no banner: ${commandWords(way)} ${how}` }),
    advice: [...(cause === undefined ? [] : [`Likely cause: ${cause}`]), ...failure.advice],
  };
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

/** Picks the kind of view. With `-v` there are too many lines for a bar below them. */
function viewKind({ json, quiet }: MigrateOptions, { verbosity }: Context['global']): ViewKind {
  if (json === true) return 'json';
  if (quiet === true) return 'quiet';
  return canRedraw(2) && verbosity === 0 ? 'bars' : 'lines';
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
