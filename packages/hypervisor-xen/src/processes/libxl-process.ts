/**
 * The process that runs libxl: it serves one request after the other, and blocks meanwhile, until no further
 * request can come. Descriptors: 3 requests, 4 replies; 5, decisions, is for the save helper alone, which
 * duplicates 4 and 5.
 */
import { messageOf } from '@mig/errors';
import { HostError } from '@mig/hypervisor';
import {
  closeDescriptor,
  duplicateFrom,
  EndOfInputError,
  Input,
  makeInheritable,
  Output,
  PosixError,
} from '@mig/posix';
import { XenControl } from '../libxc/control.js';
import { detectXen } from '../version/detect.js';
import { Libxl } from '../libxl/libxl.js';
import {
  type ForeignDescriptor,
  type LibxlReply,
  type LibxlRequest,
  LINK_VARIABLE,
} from '../libxl/libxl-messages.js';
import { JsonLines, jsonLine } from '../libxl/lines.js';
import { xlSettings } from '../libxl/xl-settings.js';

const requests = new JsonLines(new Input(3, { subject: 'requests' }));
const replies = new Output(4, { subject: 'replies' });

// Processes that libxl starts need standard streams, too: a script without them fails at its first output.
for (const fd of [0, 1, 2]) makeInheritable(fd);

// Ctrl-C at the terminal is for xl, which decides how the work ends.
for (const signal of ['SIGINT', 'SIGHUP', 'SIGTERM'] as const) process.on(signal, () => undefined);

let libxl: Libxl | undefined;

/** Serves requests until no further one can come. */
export function serve(): void {
  try {
    for (;;) replies.write(jsonLine(answer(requests.next() as LibxlRequest)));
  } catch (error) {
    const asked = !(error instanceof EndOfInputError);
    const heard = !(error instanceof PosixError && error.code === 'EPIPE');
    if (asked && heard) throw error;
  }
}

function answer(request: LibxlRequest): LibxlReply {
  try {
    libxl ??= new Libxl(detectXen(), process.env['MIG_LIBXL_DEBUG'] !== undefined);
    const value = perform(libxl, request);
    return value === undefined ? { kind: 'done' } : { kind: 'done', value };
  } catch (error) {
    const message = messageOf(error);
    if (!(error instanceof HostError)) return { kind: 'error', code: 'unavailable', message };
    return { kind: 'error', code: error.code, message, domid: error.domid };
  }
}

function perform(libxl: Libxl, request: LibxlRequest) {
  switch (request.kind) {
    case 'list':
      return libxl.list();
    case 'free-memory':
      return libxl.freeMemory();
    case 'control-domain-memory':
      return libxl.controlDomainMemory();
    case 'xl-settings':
      return xlSettings(detectXen(), libxl);
    case 'needed-memory':
      return libxl.neededMemory(request.configuration);
    case 'change-control-domain-target':
      return libxl.changeControlDomainTarget(request.by);
    case 'describe':
      return libxl.describe(request.domid);
    case 'configuration':
      return libxl.configuration(request.domid);
    case 'rename':
      return libxl.rename(request.domid, request.name);
    case 'new-log':
      return libxl.newLog(request.name);
    case 'pause':
    case 'unpause':
    case 'resume':
    case 'destroy':
      return libxl[request.kind](request.domid);
    case 'suspend':
      setEnvironment(request.environment);
      return withDescriptor(request.stream, (fd) => libxl.suspend(request.domid, fd, request));
    case 'stop-log-dirty':
      return stopLogDirty(request.domid);
    case 'restore':
      setEnvironment(request.environment);
      return withDescriptor(request.stream, (fd) => libxl.restore(request.configuration, fd));
  }
}

/** Sets variables, which the processes that libxl starts inherit. */
function setEnvironment(environment: Readonly<Record<string, string>>): void {
  const link = `${process.pid},${environment[LINK_VARIABLE]}`;
  Object.assign(process.env, environment, { [LINK_VARIABLE]: link });
}

function stopLogDirty(domid: number): void {
  const control = new XenControl(detectXen());
  try {
    control.disableLogDirty(domid);
  } finally {
    control.close();
  }
}

function withDescriptor<T>({ pid, fd }: ForeignDescriptor, use: (fd: number) => T): T {
  const own = duplicateFrom(pid, fd);
  try {
    return use(own);
  } finally {
    closeDescriptor(own);
  }
}
