/** The error number of a failure for libxl, which prints it beside its own words. */
import { HostError } from '@mig/hypervisor';
import { XenError } from '@mig/hypervisor-xen/memory';
import { InterruptedError, PosixError, TimeoutError } from '@mig/posix';
import { StreamError } from '@mig/protocol';
import { SettingError } from './settings.js';

/** Error numbers of Linux on x86 (errno.h). */
const ESRCH = 3;
const EINTR = 4;
const EIO = 5;
const EACCES = 13;
const ENODEV = 19;
const EINVAL = 22;
const EOPNOTSUPP = 95;
const ETIMEDOUT = 110;

export function errnoOf(error: unknown): number {
  if (error instanceof XenError || error instanceof PosixError) return error.errno || EIO;
  if (error instanceof TimeoutError) return ETIMEDOUT;
  if (error instanceof InterruptedError) return EINTR;
  if (error instanceof StreamError || error instanceof SettingError) return EINVAL;
  if (error instanceof HostError) return ofHost[error.code] ?? EIO;
  return EIO;
}

const ofHost: Partial<Record<HostError['code'], number>> = {
  'no-such-domain': ESRCH,
  'no-permission': EACCES,
  unavailable: ENODEV,
  'foreign-domain': EOPNOTSUPP,
  'suspend-refused': ETIMEDOUT,
  'bad-guest': EINVAL,
};
