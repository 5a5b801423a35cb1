import { fileURLToPath } from 'node:url';
import { readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { HostError, type PrecopyStats } from '@mig/hypervisor';
import { Interrupt, InterruptedError } from '@mig/posix';
import { isControlDomain } from '../xen/control-domain.js';
import { type HelperListener, LibxlClient } from './libxl-client.js';
import type { HelperDirective, HelperMessage, LibxlRequest } from './libxl-messages.js';
import { failure } from '../../../channel/src/failure.test-support.js';

const SCRIPTED = fileURLToPath(new URL('scripted-libxl-process.test-support.mjs', import.meta.url));
const REAL = fileURLToPath(new URL('../../bin/libxl-process.cjs', import.meta.url));

const clients: LibxlClient[] = [];
const interrupts: Interrupt[] = [];
afterEach(() => {
  for (const client of clients.splice(0)) client.close();
  for (const interrupt of interrupts.splice(0)) interrupt.close();
});

function start(program = SCRIPTED): LibxlClient {
  const client = new LibxlClient(program);
  clients.push(client);
  return client;
}

function newInterrupt(): Interrupt {
  const interrupt = Interrupt.create();
  interrupts.push(interrupt);
  return interrupt;
}

/** A listener that records calls, and decides as told. */
function listener(decision?: HelperDirective, interrupt?: Interrupt) {
  const heard: HelperMessage[] = [];
  const hear: HelperListener['hear'] = (message) => {
    heard.push(message);
    return message.kind === 'consult' ? decision : undefined;
  };
  return { heard, hear, interrupt };
}

/** Makes a request for the scripted process, whose reaction depends on the domid. */
function suspend(what: 'finish' | 'fail' | 'wait' | 'die' | 'silent' | 'stuck'): LibxlRequest {
  const domid = ['finish', 'fail', 'wait', 'die', 'silent', 'stuck'].indexOf(what);
  const stream = { pid: process.pid, fd: 1 };
  return { kind: 'suspend', domid, stream, live: true, debug: false, environment: {} };
}

describe('a request', () => {
  test('is answered with a value, or none', () => {
    const client = start();
    expect(client.ask({ kind: 'list' })).toEqual([]);
    expect(client.ask({ kind: 'pause', domid: 1 })).toBeUndefined();
    expect(client.ask({ kind: 'configuration', domid: 3 })).toBe('domain 3');
  });

  test('may be larger than a pipe, and so may its answer', () => {
    const client = start();
    const configuration = JSON.stringify({ c_info: { name: 'x'.repeat(3e6) } });
    const stream = { pid: process.pid, fd: 0 };
    expect(client.ask({ kind: 'restore', configuration, stream, environment: {} })).toBe(
      configuration.length,
    );
    expect(client.ask({ kind: 'configuration', domid: 3e6 })).toHaveLength(3e6);
  });

  test('that libxl cannot do fails with its words', () => {
    const error = failure(() => start().ask({ kind: 'destroy', domid: 5 }));
    expect(error).toBeInstanceOf(HostError);
    expect(error).toMatchObject({ code: 'no-such-domain', message: 'there is no domain 5', domid: 5 });
  });
});

const enough: HelperDirective = {
  decision: { decision: 'stop-and-copy', reason: { code: 'test', sentence: 'enough' } },
};

describe('while the helper works', () => {
  test('its news are heard, and its questions answered', () => {
    const client = start();
    const { heard, ...rest } = listener(enough);
    // The scripted process replies with the decision it was given.
    expect(client.ask(suspend('finish'), rest)).toBe(JSON.stringify(enough));
    expect(heard.map(({ kind }) => kind)).toEqual(['helper', 'saving', 'consult']);
    expect((heard[2] as { stats: PrecopyStats }).stats).toMatchObject({
      iteration: 2,
      point: 'pass-finished',
    });
  });

  test.each([
    ['nobody', undefined],
    ['somebody without a policy', listener()],
  ])('it is told to stop where %s decides', (_, listener) => {
    const { decision } = JSON.parse(start().ask(suspend('finish'), listener) as string) as HelperDirective;
    expect(decision).toMatchObject({ decision: 'abort', reason: { code: 'no-decision' } });
  });

  test('its failure is of the request alone', () => {
    const client = start();
    const { heard, ...rest } = listener();
    expect(failure(() => client.ask(suspend('fail'), rest)).message).toBe('ERROR_FAIL');
    expect(heard.at(-1)).toEqual({ kind: 'failed', failure: { kind: 'other', message: 'it broke' } });
    expect(client.ask({ kind: 'list' })).toEqual([]);
  });
});

describe('an interrupt', () => {
  test('raised before the helper is there ends it all the same', () => {
    const client = start();
    const interrupt = newInterrupt();
    interrupt.raise('SIGINT');
    const error = failure(() => client.ask(suspend('wait'), listener(undefined, interrupt)));
    expect(error).toBeInstanceOf(InterruptedError);
    expect(error.message).toContain('SIGINT');
    // The helper's end was awaited, and nothing is left over of that conversation.
    expect(client.ask({ kind: 'list' })).toEqual([]);
  });

  test('raised while it works ends it', () => {
    const interrupt = newInterrupt();
    const heard: string[] = [];
    const hear: HelperListener['hear'] = (message) => {
      heard.push(message.kind);
      if (message.kind === 'saving') interrupt.raise('SIGTERM');
      return undefined;
    };
    expect(failure(() => start().ask(suspend('wait'), { hear, interrupt }))).toBeInstanceOf(InterruptedError);
    expect(heard).toEqual(['helper', 'saving']);
  });

  test('that comes too late changes nothing', () => {
    const interrupt = newInterrupt();
    const hear: HelperListener['hear'] = (message) => {
      if (message.kind === 'consult') interrupt.raise('SIGTERM');
      return enough;
    };
    expect(start().ask(suspend('finish'), { hear, interrupt })).toBe(JSON.stringify(enough));
  });
});

test.each(['saving', 'consult'])('what the listener throws at %s ends the helper and comes through', (at) => {
  const client = start();
  const hear: HelperListener['hear'] = (message) => {
    if (message.kind === at) throw new Error('a policy with a fault');
    return undefined;
  };
  expect(failure(() => client.ask(suspend(at === 'consult' ? 'finish' : 'wait'), { hear })).message).toBe(
    'a policy with a fault',
  );
  expect(client.ask({ kind: 'list' })).toEqual([]);
});

describe("a helper that has become Xen's own", () => {
  const hear: HelperListener['hear'] = () => undefined;

  test('is looked at until a look ends it, which comes through', () => {
    const client = start();
    let looks = 0;
    const error = failure(() =>
      client.ask(suspend('silent'), {
        hear,
        handedOn: (helper) => {
          expect(helper.isGone).toBe(false);
          return () => {
            if (++looks === 3) throw new Error('it does not move');
            return 1;
          };
        },
      }),
    );
    expect(error.message).toBe('it does not move');
    expect(looks).toBe(3);
    // The next request is not looked at.
    expect(client.ask({ kind: 'list' })).toEqual([]);
  });

  test('is ended by an interrupt', () => {
    const interrupt = newInterrupt();
    const handedOn = () => () => {
      interrupt.raise('SIGINT');
      return 1;
    };
    expect(failure(() => start().ask(suspend('silent'), { hear, interrupt, handedOn }))).toBeInstanceOf(
      InterruptedError,
    );
  });

  test('and libxl that is held up with it is ended, too', { timeout: 30_000 }, () => {
    const client = start();
    const handedOn = () => () => {
      throw new Error('it does not move');
    };
    expect(failure(() => client.ask(suspend('stuck'), { hear, handedOn })).message).toBe('it does not move');
    expect(client.isUnusable).toBe(true);
  });
});

describe("libxl's process", () => {
  test('that ends within a reply is unavailable', () => {
    const client = start();
    const error = failure(() => client.ask(suspend('die')));
    expect(error).toMatchObject({ code: 'unavailable', message: "libxl's process has ended" });
    expect(client.isUnusable).toBe(true);
  });

  test('that has ended is unavailable to all that is asked later', () => {
    const client = start();
    failure(() => client.ask(suspend('die')));
    const again = failure(() => client.ask({ kind: 'list' }));
    expect(again).toMatchObject({ code: 'unavailable', message: "libxl's process has ended" });
  });

  test('that ends before it is asked is unavailable', () => {
    // A program of no instructions.
    const error = failure(() => start('/dev/null').ask({ kind: 'list' }));
    expect(error).toMatchObject({ code: 'unavailable' });
  });

  test('ends when nobody can ask any more', async () => {
    const client = start();
    const pid = client.ask({ kind: 'configuration', domid: 0 });
    client.close();
    clients.length = 0;
    await expect.poll(() => running(pid)).toBe(false);
  });
});

describe.skipIf(isControlDomain())('on a machine without Xen', () => {
  test('the real one says so, each time that it is asked', () => {
    const client = start(REAL);
    for (const domid of [1, 2]) {
      expect(failure(() => client.ask({ kind: 'describe', domid }))).toMatchObject({
        code: 'unavailable',
        message: 'this machine does not run under Xen',
      });
    }
    expect(client.isUnusable).toBe(false);
  });
});

/** Tells whether a process runs; a zombie does not. */
function running(pid: string): boolean {
  try {
    return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
