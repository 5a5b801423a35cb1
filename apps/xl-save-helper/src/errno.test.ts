import { expect, test } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { XenError } from '@mig/hypervisor-xen/memory';
import { EndOfInputError, InterruptedError, PosixError, TimeoutError } from '@mig/posix';
import { StreamError } from '@mig/protocol';
import { PrecopyAbortedError } from '@mig/sender';
import { errnoOf } from './errno.js';
import { SettingError } from './settings.js';

const rows: [string, unknown, number][] = [
  ['a call of Xen', new XenError('xc_domain_hvm_getcontext', 1, 2), 1],
  ['a call of Xen without a number', new XenError('xc_logdirty_control', 0, 2), 5],
  ['a system call', new PosixError('write', 32, 'the stream'), 32],
  ['a timeout', new TimeoutError('nothing', 1), 110],
  ['an interrupt', new InterruptedError('SIGTERM'), 4],
  [
    'a stream that breaks the format',
    new StreamError('truncated', 'short', { layer: 'libxc', offset: 0 }),
    22,
  ],
  ['a setting', new SettingError('MIG_X', 'y', 'z', 'environment'), 22],
  ['no such domain', new HostError('no-such-domain', ''), 3],
  ['no permission', new HostError('no-permission', ''), 13],
  ['no Xen', new HostError('unavailable', ''), 19],
  ['a PV domain', new HostError('foreign-domain', ''), 95],
  ['a guest that does not suspend', new HostError('suspend-refused', ''), 110],
  ['an image that cannot be right', new HostError('bad-guest', ''), 22],
  ['another word of the host', new HostError('wrong-state', ''), 5],
  ['an end of input', new EndOfInputError('the stream', 1, 2), 5],
  ["the policy's word", new PrecopyAbortedError({ code: 'test', sentence: '' }), 5],
  ['anything else', 'thrown', 5],
];

test.each(rows)('%s', (_, error, errnoval) => {
  expect(errnoOf(error)).toBe(errnoval);
});
