/** `xl list`: stock's table, column by column. */
import type { DomainInfo, DomainState } from '@mig/hypervisor';

const HEADING = 'Name                                        ID   Mem VCPUs\tState\tTime(s)';
const VERBOSE_HEADING = '   UUID                            Reason-Code\tSecurity Label';
const LABEL_HEADING = '   Security Label';

export interface TableOptions {
  /** Whether to show UUID, shutdown reason and security label, too. */
  readonly verbose?: boolean;
  /** Whether to show the security label, which no domain here has. */
  readonly context?: boolean;
}

export function domainTable(
  domains: readonly DomainInfo[],
  { verbose, context }: TableOptions = {},
): string[] {
  const label = ` ${'-'.padStart(16)}`;
  const heading = HEADING + (verbose ? VERBOSE_HEADING : context ? LABEL_HEADING : '');
  return [
    heading,
    ...domains.map((domain) => row(domain) + (verbose ? identity(domain) + label : context ? label : '')),
  ];
}

function row({ name, domid, memory, vcpus, state, cpuSeconds }: DomainInfo): string {
  const numbers = `${field(domid)} ${field(memory)} ${field(vcpus)}`;
  return `${name.padEnd(40)} ${numbers}     ${stateLetters(state)}  ${cpuSeconds.toFixed(1).padStart(8)}`;
}

function field(number: number): string {
  return String(number).padStart(5);
}

function identity({ uuid, state }: DomainInfo): string {
  const reason = shutdownReason(state);
  return ` ${uuid} ${(reason === undefined ? '-' : reason.toString(16)).padStart(8)}`;
}

/** The shutdown reason as Xen's number: SHUTDOWN_suspend or SHUTDOWN_crash. */
function shutdownReason({ suspended, crashed }: DomainState): number | undefined {
  return crashed ? 3 : suspended ? 2 : undefined;
}

/** The state letters: running, blocked, paused, shut down, why (`s` suspended, `c` crashed), dying. */
export function stateLetters(state: DomainState): string {
  const { paused, suspended, crashed } = state;
  const shutdown = suspended || crashed;
  return [
    paused || shutdown ? '-' : 'r',
    '-',
    paused ? 'p' : '-',
    shutdown ? 's' : '-',
    crashed ? 'c' : suspended ? 's' : '-',
    '-',
  ].join('');
}

/** The state in one word, for programs: the one that must end first before the domain can run. */
export function stateWord({ paused, suspended, crashed }: DomainState): string {
  return crashed ? 'crashed' : suspended ? 'suspended' : paused ? 'paused' : 'running';
}
