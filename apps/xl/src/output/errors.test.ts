import { readFileSync, writeFileSync } from 'node:fs';
import { HostError } from '@mig/hypervisor';
import { PosixError } from '@mig/posix';
import { StreamError } from '@mig/protocol';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigurationError } from '../configuration/errors.js';
import { describeError, reportError } from './errors.js';
import { Failure, StockFailure } from './failure.js';
import { Log } from './log.js';
import { OutputClosedError } from './text-output.js';

function report(error: unknown) {
  let text = '';
  const status = reportError(error, new Log((each) => (text += each)));
  return { text, status };
}

function caught(action: () => void): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  throw new Error('nothing was thrown');
}

describe('reportError', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    [new Failure('no'), 'xl: no\n', 1],
    [new Failure('no', 2), 'xl: no\n', 2],
    [new StockFailure('as stock says'), 'as stock says\n', 1],
    [new OutputClosedError(), '', 141],
    [
      Object.assign(new Error('Worker initialization failure: EMFILE'), { code: 'ERR_WORKER_INIT_FAILED' }),
      'xl: no thread could be started: too many open files (EMFILE)\n',
      1,
    ],
    [
      new HostError('name-taken', 'there is a domain a already'),
      "xl: there is a domain a already; give another name, or 'xl rename' the domain that has it\n",
      1,
    ],
    [new HostError('foreign-domain', 'not ours', { domid: 4 }), 'xl: domain 4: not ours\n', 1],
    [new HostError('foreign-domain', 'domain 4 is not ours', { domid: 4 }), 'xl: domain 4 is not ours\n', 1],
    [new ConfigurationError('no', { source: 'a', line: 2, column: 3 }), 'xl: a:2:3: no\n', 1],
    [new PosixError('open', 2, '/a'), 'xl: open /a: no such file or directory (ENOENT)\n', 1],
    [
      new StreamError('bad-value', 'odd', { layer: 'xl', offset: 5, specification: 'xl.h' }),
      'xl: xl at byte 5: odd (xl.h)\n',
      1,
    ],
    [
      caught(() => readFileSync('/nonexistent/a')),
      'xl: /nonexistent/a: no such file or directory (ENOENT)\n',
      1,
    ],
    [caught(() => writeFileSync('/', '')), 'xl: /: it is a directory (EISDIR)\n', 1],
  ])('%s', (error, text, status) => {
    expect(report(error)).toEqual({ text, status });
  });

  it('owns up to what it did not foresee', () => {
    expect(report(new TypeError('x is undefined')).text).toMatch(
      /^xl: internal error: x is undefined\n.*MIG_DEBUG/,
    );
    expect(report('a string').text).toMatch(/internal error: a string/);
  });

  it('shows a stack trace when debugging, and only then', () => {
    const error = new Failure('no', 1, { cause: new Error('deeper') });
    expect(report(error).text).not.toContain('at ');
    vi.stubEnv('MIG_DEBUG', '1');
    expect(report(error).text).toMatch(/\n {4}at [^]*caused by: Error: deeper/);
  });

  it('has the same in a sentence', () => {
    expect(describeError(new Failure('no'))).toBe('no');
  });
});
