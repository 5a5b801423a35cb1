/** `--trace`, `--trace-bitmaps` and `--report` of `migrate`. */
import { closeSync, constants, fchmodSync, fstatSync, ftruncateSync, openSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { isatty } from 'node:tty';
import type { DomainInfo, Host } from '@mig/hypervisor';
import { absolutePath } from '@mig/posix/places';
import type { Command } from 'commander';
import { ownVersion } from '../host/own-version.js';
import type { Names } from '../worker/names.js';
import type { Settings } from '@mig/sender/policy';
import { describeError } from '../output/errors.js';
import { ExitStatus } from '../output/exit-status.js';
import { Failure } from '../output/failure.js';
import { PAGES_PER_MIB } from '../output/figures.js';
import { openOutputFile, type OutputFile, privateMode } from '../io/output-file.js';
import { formatOf, type ReportFormat } from '../options/report-format.js';
import { given, traceSettings } from '../worker/settings.js';
import type { TraceTask } from '../worker/trace-task.js';

export interface TraceOptions {
  readonly trace?: string;
  readonly traceBitmaps?: true;
  readonly report?: string;
}

export function addTraceOptions(command: Command): void {
  command
    .option('--trace <file>', 'record the migration in a file, for xl trace')
    .option('--trace-bitmaps', 'with --trace: also record which pages were dirty')
    .option(
      '--report <file>',
      'write a report when the migration is over: a file that ends in .html or .svg',
    );
}

/**
 * Checks the options.
 * @throws Failure if they contradict each other, or if there is no such kind of report
 */
export function checkTraceOptions({ trace, traceBitmaps, report }: TraceOptions): void {
  if (report !== undefined) formatOf('--report', report);
  if (trace === '-') {
    throw new Failure(
      '--trace -: a trace goes to a file, not to standard output; ./- is one of that name',
      ExitStatus.usage,
    );
  }
  const nonsense =
    traceBitmaps && trace === undefined
      ? '--trace-bitmaps without --trace: there is no file for them'
      : trace !== undefined && report !== undefined && absolutePath(trace) === absolutePath(report)
        ? `--trace and --report are the same file, ${trace}`
        : undefined;
  if (nonsense !== undefined) throw new Failure(nonsense, ExitStatus.usage);
}

/** The domain that is migrated, for the header. */
export interface TraceSubject {
  readonly host: Host;
  readonly domain: DomainInfo;
  /** The target as the operator gave it. */
  readonly target: string;
  readonly settings: Settings;
  readonly ownPolicy: string | undefined;
  readonly suspendCost: number | undefined;
  readonly debug: boolean;
  readonly digest: boolean;
  readonly names: Names;
}

export interface OpenedTrace {
  readonly task: TraceTask | undefined;
  readonly report: { readonly file: OutputFile; readonly format: ReportFormat } | undefined;
}

/**
 * Opens the files, before anything else is changed.
 * @throws Failure if one cannot be written
 */
export function openTrace({ trace, traceBitmaps, report }: TraceOptions, subject: TraceSubject): OpenedTrace {
  if (trace === undefined && report === undefined) return { task: undefined, report: undefined };
  const page =
    report === undefined
      ? undefined
      : {
          format: formatOf('--report', report),
          file: opened('--report', report, () => openOutputFile('-', report)),
        };
  let file: TraceTask['file'];
  try {
    file = trace === undefined ? undefined : { descriptor: openTraceFile(trace), path: trace };
  } catch (error) {
    page?.file.close();
    throw error;
  }
  const bitmaps = traceBitmaps === true;
  return {
    task: {
      file,
      posted: page !== undefined,
      bitmaps,
      names: subject.names,
      header: headerOf(subject),
    },
    report: page,
  };
}

function openTraceFile(path: string): number {
  const refuse = (what: string) =>
    new Failure(`--trace ${path}: a ${what}, whose reader could hold the migration up`, ExitStatus.failure);
  // Opening a FIFO waits for its reader, and writing to it may do so for as long: the migration would stand
  // still.
  const before = opened('--trace', path, () => statSync(path, { throwIfNoEntry: false }));
  if (before?.isFIFO()) throw refuse('pipe');
  const descriptor = opened('--trace', path, () => emptied(path));
  if (!isatty(descriptor)) return descriptor;
  closeSync(descriptor);
  throw refuse('terminal');
}

/**
 * Opens an empty file that only its owner can read, before anything is written: it may tell which pages the
 * guest writes.
 */
function emptied(path: string): number {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT, 0o600);
  try {
    const before = fstatSync(descriptor);
    if (before.isFile()) {
      fchmodSync(descriptor, privateMode(before));
      ftruncateSync(descriptor);
    }
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

function opened<T>(option: string, path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    // The path in the message may be that of a temporary file.
    const why = describeError(error).replace(/^\/?.*: (?=[^:]*$)/, '');
    throw new Failure(`${option} ${path} cannot be written: ${why}`, ExitStatus.failure, { cause: error });
  }
}

function headerOf({
  host,
  domain,
  target,
  settings,
  ownPolicy,
  suspendCost,
  debug,
  digest,
}: TraceSubject): TraceTask['header'] {
  const { hypervisor } = host.info();
  return {
    writer: ownVersion(),
    hypervisor,
    host: hostname(),
    target,
    domain: domain.name,
    domid: domain.domid,
    uuid: domain.uuid,
    pageCount: domain.memory * PAGES_PER_MIB,
    settings: {
      ...traceSettings(settings),
      ...given({
        policy: ownPolicy,
        'suspend-cost': suspendCost,
        debug: debug || undefined,
        digest: digest || undefined,
      }),
    },
  };
}
