import type { SourceTimeouts } from '@mig/sender';
import type { Context } from '../commands/context.js';
import { findDomain } from '../commands/find-domain.js';
import { sentTo } from '../commands/sent-to.js';
import { OperatorAccess } from '../control/operator-access.js';
import { createView } from './create-view.js';
import { loadPolicy } from './own-policy.js';
import { PointOfNoReturn } from './point-of-no-return.js';
import { bandwidthLimit, type PolicyOptions, policySettings } from './policy-options.js';
import { runTask, TaskError } from './run-task.js';
import { sentConfiguration } from './sent-configuration.js';
import { SuspendCosts } from './suspend-costs.js';
import type { Failure } from './task.js';
import { openTransport, rune, transportEnd } from './transport.js';
import type { View, ViewKind } from './view.js';

export interface MigrateOptions extends PolicyOptions {
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
  const host = await context.openHost();
  const { domid, name } = findDomain(host, domain);
  const configuration = sentConfiguration(host, domid, { file: options.C, preserveDomid: options.D });
  const view = await createView(viewKind(options), context);
  const command = rune(options.s, target, receiveArguments(context, options));
  // A command is no name for a host.
  const where = options.s === '' ? 'the target' : target;
  const sent = sentTo(options.s, target);
  const { hypervisor, stateFolder } = host.info();
  const record = { domid, domain: name, target: where, pid: process.pid };
  const access = await OperatorAccess.claim(stateFolder, record, (text) => remark(view, text));
  const transport = openTransport(command);
  const point = new PointOfNoReturn(view, name, where);
  const costs = new SuspendCosts(stateFolder);
  const way = `${hypervisor} to ${sent}`;
  const suspendCost = costs.of(way);
  if (options.maxDowntime !== undefined && suspendCost === undefined) {
    view.note(
      `no migration to ${where} was measured so far: estimates leave out what the suspend itself costs`,
    );
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
    configuration,
    timeouts: options.timeouts,
  } as const;
  try {
    const report = await runTask(task, {
      onStart: (control) => access.start(control, course, options.policy),
      onEvent: (event) => {
        point.event(event);
        access.event(event);
      },
      onSignal: () => point.signal(),
    });
    costs.add(way, report.suspendCostMilliseconds);
    await access.moved();
    await transportEnd(transport);
    view.complete(report);
  } catch (error) {
    if (!(error instanceof TaskError)) throw error;
    context.exitStatus = error.failure.exitStatus;
    // What the operator must know comes first: the transport may take its time.
    const failure = named(error.failure, { name, where, command });
    view.failed(failure);
    await access.failed(failure);
    const end = await transportEnd(transport);
    if (end !== undefined) view.note(`migration transport process [${transport.child.pid ?? '?'}] ${end}`);
  } finally {
    await access.close();
  }
}

/** For people, and for programs: they too may want to know. */
function remark(view: View, text: string): void {
  view.note(text);
  view.event({ event: 'note', text });
}

/** The advice with the names that the operator knows. */
function named(
  failure: Failure,
  { name, where, command }: { name: string; where: string; command: string },
): Failure {
  const names: Record<string, string> = { NAME: name, HOST: where };
  const advice = failure.advice.map((line) =>
    line.replace(/\b(?:NAME|HOST)\b/g, (word) => names[word] ?? word),
  );
  if (failure.outcome === 'untouched' || failure.outcome === 'unknown')
    advice.push(`The command was: ${command}`);
  return { ...failure, advice };
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
