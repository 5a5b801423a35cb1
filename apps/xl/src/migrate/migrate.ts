import type { SourceTimeouts } from '@mig/sender';
import type { Context } from '../commands/context.js';
import { findDomain } from '../commands/find-domain.js';
import { sentTo } from '../commands/sent-to.js';
import { checkTraceOptions, openTrace, type TraceOptions } from '../trace/trace-options.js';
import { Reporting } from '../trace/reporting.js';
import { createView } from './create-view.js';
import { millisecondsText } from './figures.js';
import { loadPolicy } from './own-policy.js';
import { PointOfNoReturn } from './point-of-no-return.js';
import { bandwidthLimit, type PolicyOptions, policySettings } from './policy-options.js';
import { runTask, TaskError } from './run-task.js';
import { sentConfiguration } from './sent-configuration.js';
import { startWaits, SuspendCosts } from './suspend-costs.js';
import { named } from './named-failure.js';
import { openTransport, rune, transportEnd } from './transport.js';
import type { ViewKind } from './view.js';

export interface MigrateOptions extends PolicyOptions, TraceOptions {
  readonly C?: string;
  readonly s: string;
  readonly e?: true;
  readonly F?: true;
  readonly p?: true;
  readonly D?: true;
  readonly debug?: true;
  readonly json?: true;
  readonly timeouts: SourceTimeouts;
}

export async function migrate(
  context: Context,
  domain: string,
  target: string,
  options: MigrateOptions,
): Promise<void> {
  const course = { policy: policySettings(options), bandwidth: bandwidthLimit(options) };
  if (options.policy !== undefined) await loadPolicy(options.policy);
  checkTraceOptions(options);
  const host = await context.openHost();
  const found = findDomain(host, domain);
  const { domid, name } = found;
  const configuration = sentConfiguration(host, domid, { file: options.C, preserveDomid: options.D });
  const view = await createView(viewKind(options), context);
  const command = rune(options.s, target, receiveArguments(context, options));
  // A command is no name for a host.
  const where = options.s === '' ? 'the target' : target;
  const names = { name, where, command };
  const point = new PointOfNoReturn(view, name, where);
  const sent = sentTo(options.s, target);
  const { hypervisor, stateFolder } = host.info();
  const costs = new SuspendCosts(stateFolder);
  const way = `${hypervisor} to ${sent}`;
  const suspendCost = costs.of(way);
  const trace = openTrace(options, {
    host,
    domain: found,
    target: sent,
    course,
    ownPolicy: options.policy,
    suspendCost,
    debug: options.debug === true,
    names,
  });
  const reporting = trace.report && new Reporting(trace.report, context);
  const transport = openTransport(command);
  if (options.maxDowntime !== undefined) {
    const remark = remarkOn(options.maxDowntime, suspendCost, where);
    if (remark !== undefined) view.note(remark);
  }
  const task = {
    kind: 'migrate',
    domid,
    inputFd: transport.inputFd,
    outputFd: transport.outputFd,
    sentTo: sent,
    course,
    ownPolicy: options.policy,
    suspendCost: suspendCost ?? 0,
    debug: options.debug === true,
    trace: trace.task,
    configuration,
    timeouts: options.timeouts,
  } as const;
  try {
    const report = await runTask(task, {
      onEvent: (event) => {
        if (event.event === 'note') view.note(event.text);
        point.event(event);
      },
      onTrace: (octets) => reporting?.add(octets),
      onSignal: () => point.signal(),
    });
    costs.add(way, report.suspendCostMilliseconds);
    if (report.startWaitMilliseconds !== undefined)
      startWaits(stateFolder).add(way, report.startWaitMilliseconds);
    await transportEnd(transport);
    view.complete(report);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    context.exitStatus = error.failure.exitStatus;
    // What the operator must know comes first: the transport may take its time.
    view.failed(named(error.failure, names));
    const end = await transportEnd(transport);
    if (end !== undefined) view.note(`migration transport process [${transport.child.pid ?? '?'}] ${end}`);
  } finally {
    await reporting?.finish();
  }
}

/** What the operator should know of a downtime that was asked for. */
function remarkOn(maxDowntime: number, suspendCost: number | undefined, where: string): string | undefined {
  if (suspendCost === undefined) {
    return `no migration to ${where} was measured so far: estimates leave out what the suspend itself costs`;
  }
  if (suspendCost < maxDowntime) return undefined;
  const cost = millisecondsText(suspendCost);
  return `the suspend itself costs ${cost} on the way to ${where}: a downtime of ${maxDowntime} ms is out of reach`;
}

function viewKind({ json }: MigrateOptions): ViewKind {
  if (json === true) return 'json';
  return process.stderr.isTTY ? 'bars' : 'lines';
}

function receiveArguments({ global }: Context, { e, F, debug, p }: MigrateOptions): string[] {
  return [
    ...(process.stderr.isTTY || global.forceProgress ? ['-t'] : []),
    ...(global.timestamps ? ['-T'] : []),
    ...(global.verbosity > 0 ? [`-${'v'.repeat(global.verbosity)}`] : []),
    'migrate-receive',
    ...(e === true || F === true ? ['-e'] : []),
    ...(debug === true ? ['-d'] : []),
    ...(p === true ? ['-p'] : []),
  ];
}
