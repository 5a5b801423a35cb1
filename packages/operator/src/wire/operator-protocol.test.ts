/** Tests that any value comes back from its octets, and that any octets are a message or a ControlError. */
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { sourceTable, type SourceState } from '@mig/protocol/handshake';
import { settingNames, settingRow, type SettingRow, type Settings } from '@mig/sender/policy';
import { operatorSchema } from './schema.js';
import {
  ControlError,
  decodeOperatorReply,
  decodeOperatorRequest,
  encodeOperatorReply,
  encodeOperatorRequest,
  LONGEST_OPERATOR_MESSAGE,
  LONGEST_OPERATOR_TEXT,
  operatorErrorCodes,
  OperatorFrames,
  type MigrationEnd,
  type OperatorPass,
  type OperatorReply,
  type OperatorRequest,
  type OperatorStatus,
  type SettingsChange,
} from './operator-protocol.js';
import { failure as failureOf } from '../../../channel/src/failure.test-support.js';

/** A fixed seed, so that failures can be reproduced. */
const SEED = 20140602;

const u32 = fc.integer({ min: 0, max: 0xffffffff });
const count = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
const amount = fc.double({ min: 0, max: 1e300, noNaN: true }).map((value) => value + 0);
/** Whole characters: half a surrogate pair has no UTF-8. */
const text = fc.string({ maxLength: 40, unit: 'grapheme' });

function valueOf(row: SettingRow): fc.Arbitrary<unknown> {
  switch (row.kind) {
    case 'count':
      return count;
    case 'word':
      return fc.constantFrom(...row.choice);
    case 'flag':
      return fc.boolean();
    case 'milliseconds':
    case 'seconds':
    case 'rate':
      return amount;
  }
}
const values = settingNames.map((name) => [name, valueOf(settingRow(name))] as const);
const course = fc.record(Object.fromEntries(values), { requiredKeys: [] }) as fc.Arbitrary<Settings>;
const change = fc.record(
  Object.fromEntries(values.map(([name, value]) => [name, fc.oneof(value, fc.constant(null))])),
  { requiredKeys: [] },
) as fc.Arbitrary<SettingsChange>;

const request: fc.Arbitrary<OperatorRequest> = fc.oneof(
  fc.record({ id: u32, kind: fc.constantFrom('status', 'watch', 'abort') }),
  fc.record({ id: u32, kind: fc.constant('switchover'), now: fc.boolean() }),
  fc.record({ id: u32, kind: fc.constant('hold'), held: fc.boolean() }),
  fc.record({ id: u32, kind: fc.constant('set'), change }),
);

const pass: fc.Arbitrary<OperatorPass> = fc.record({
  kind: fc.constantFrom('precopy', 'remainder', 'stop-and-copy', 'verify'),
  iteration: u32,
  dirtyPages: count,
  pagesDone: count,
});
const status = fc.record(
  {
    domid: u32,
    domain: text,
    target: text,
    pid: u32,
    phase: fc.constantFrom(...(Object.keys(sourceTable) as SourceState[])),
    iteration: u32,
    pass,
    dirtyPages: count,
    sendRate: amount,
    dirtyRate: amount,
    octetsSent: count,
    elapsedMilliseconds: amount,
    estimatedDowntimeMilliseconds: amount,
    passLeftMilliseconds: amount,
    course,
    ownPolicy: text,
    held: fc.constant(true as const),
    precopyEnd: fc.record({ code: text, sentence: text }),
  },
  {
    requiredKeys: [
      'domid',
      'domain',
      'target',
      'pid',
      'phase',
      'iteration',
      'octetsSent',
      'elapsedMilliseconds',
      'course',
    ],
  },
) as fc.Arbitrary<OperatorStatus>;
const end: fc.Arbitrary<MigrationEnd> = fc.record({
  outcome: fc.constantFrom('moved', 'untouched', 'keeps-running', 'resumed', 'unknown', 'destroy-failed'),
  exitStatus: u32,
  message: text,
  advice: fc.array(text, { maxLength: 7 }),
  asBefore: fc.boolean(),
});
const reply: fc.Arbitrary<OperatorReply> = fc.oneof(
  fc.record({ id: u32, kind: fc.constant('status'), status }),
  fc.record({ id: u32, kind: fc.constant('course'), course }),
  fc.record({ id: u32, kind: fc.constant('end'), end }),
  fc.record({
    id: u32,
    kind: fc.constant('error'),
    code: fc.constantFrom(...operatorErrorCodes),
    message: text,
  }),
);

const failure = (action: () => unknown) => failureOf(action, ControlError);

function unframed(octets: Uint8Array): Uint8Array {
  const messages = new OperatorFrames().push(octets);
  expect(messages).toHaveLength(1);
  return messages[0]!;
}

const someSettings: Settings = { precopyIterations: 5, precopyThreshold: 50 };
const someStatus: OperatorStatus = {
  domid: 3,
  domain: 'busy',
  target: 'host2',
  pid: 4711,
  phase: 'precopy',
  iteration: 2,
  octetsSent: 4096,
  elapsedMilliseconds: 12.5,
  course: someSettings,
};

describe('the protocol of operators', () => {
  it('carries every request', () => {
    fc.assert(
      fc.property(request, (value) => {
        expect(decodeOperatorRequest(unframed(encodeOperatorRequest(value)))).toEqual(value);
      }),
      { seed: SEED },
    );
  });

  it('carries every reply', () => {
    fc.assert(
      fc.property(reply, (value) => {
        expect(decodeOperatorReply(unframed(encodeOperatorReply(value)))).toEqual(value);
      }),
      { seed: SEED },
    );
  });

  it('finds messages however they are cut', () => {
    fc.assert(
      fc.property(fc.array(reply, { maxLength: 5 }), fc.integer({ min: 1, max: 50 }), (values, size) => {
        const stream = Buffer.concat(values.map(encodeOperatorReply));
        const frames = new OperatorFrames();
        const found: OperatorReply[] = [];
        for (let at = 0; at < stream.length; at += size) {
          found.push(...frames.push(stream.subarray(at, at + size)).map(decodeOperatorReply));
        }
        expect(found).toEqual(values);
      }),
      { seed: SEED },
    );
  });

  it('takes any octets for a message or for a ControlError', () => {
    const damaged = fc
      .tuple(
        fc.oneof(request.map(encodeOperatorRequest), reply.map(encodeOperatorReply)),
        fc.nat(),
        fc.nat(255),
      )
      .map(([framed, at, octet]) => {
        const octets = unframed(framed);
        return octets.with(at % octets.length, octet);
      });
    let refused = 0;
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 60 }), damaged), (octets) => {
        for (const decode of [decodeOperatorRequest, decodeOperatorReply]) {
          try {
            decode(octets);
          } catch (error) {
            refused++;
            expect(error).toBeInstanceOf(ControlError);
          }
        }
      }),
      { seed: SEED, numRuns: 2000 },
    );
    expect(refused).toBeGreaterThan(100);
  });

  it('refuses what it does not know', () => {
    expect(failure(() => decodeOperatorRequest(new Uint8Array())).code).toBe('unknown');
    // Field 99, of type Nothing: a request of a later version.
    expect(failure(() => decodeOperatorRequest(new Uint8Array([0x9a, 0x06, 0x00]))).code).toBe('unknown');
    const unheard = { id: 1, kind: 'error', code: 'unheard-of', message: '' } as unknown as OperatorReply;
    expect(failure(() => decodeOperatorReply(unframed(encodeOperatorReply(unheard)))).code).toBe('unknown');
  });

  const nonsense: [string, OperatorReply][] = [
    [
      'no phase is called asleep',
      { id: 1, kind: 'status', status: { ...someStatus, phase: 'asleep' as never } },
    ],
    ['sendRate is NaN', { id: 1, kind: 'status', status: { ...someStatus, sendRate: NaN } }],
    ['bandwidth is -1', { id: 1, kind: 'course', course: { bandwidth: -1 } }],
    ['timeoutAction is dance', { id: 1, kind: 'course', course: { timeoutAction: 'dance' as never } }],
    [
      'no pass is called leap',
      {
        id: 1,
        kind: 'status',
        status: { ...someStatus, pass: { kind: 'leap' as never, iteration: 0, dirtyPages: 0, pagesDone: 0 } },
      },
    ],
    [
      'no outcome is called bliss',
      {
        id: 1,
        kind: 'end',
        end: { outcome: 'bliss' as never, exitStatus: 0, message: '', advice: [], asBefore: false },
      },
    ],
  ];
  it.each(nonsense)('refuses nonsense by name: %s', (words, value) => {
    const error = failure(() => decodeOperatorReply(unframed(encodeOperatorReply(value))));
    expect(error).toMatchObject({
      code: 'malformed',
      fatal: false,
      message: expect.stringContaining(words) as unknown,
    });
  });

  it('refuses a status without its settings', () => {
    // Reply { id: 1, status: Status { phase: "precopy" } }
    const octets = new Uint8Array([0x08, 0x01, 0x12, 0x09, 0x2a, 0x07, ...Buffer.from('precopy')]);
    expect(failure(() => decodeOperatorReply(octets)).message).toBe('a status without its settings');
  });

  it('refuses to unset what there is not', () => {
    // Request { id: 1, set: Set { unset: "speed" } }
    const octets = new Uint8Array([0x08, 0x01, 0x32, 0x07, 0x12, 0x05, ...Buffer.from('speed')]);
    expect(failure(() => decodeOperatorRequest(octets)).message).toBe('no setting is called speed');
  });

  it('cuts texts, so that a message never outgrows its limit', () => {
    const long = '\u{20ac}'.repeat(100_000);
    const value: MigrationEnd = {
      outcome: 'unknown',
      exitStatus: 3,
      message: long,
      advice: Array<string>(8).fill(long),
      asBefore: false,
    };
    const octets = unframed(encodeOperatorReply({ id: 1, kind: 'end', end: value }));
    expect(decodeOperatorReply(octets)).toMatchObject({
      end: { message: long.slice(0, LONGEST_OPERATOR_TEXT) },
    });
  });

  it('refuses a length before it believes it', () => {
    const announced = (length: number) =>
      new Uint8Array([(length & 0x7f) | 0x80, ((length >> 7) & 0x7f) | 0x80, length >> 14]);
    expect(new OperatorFrames().push(announced(LONGEST_OPERATOR_MESSAGE))).toEqual([]);
    const error = failure(() => new OperatorFrames().push(announced(LONGEST_OPERATOR_MESSAGE + 1)));
    expect(error).toMatchObject({ code: 'too-long', fatal: true });
  });

  it('is what the shipped .proto says', () => {
    const shipped = readFileSync(new URL('../../proto/operator.proto', import.meta.url), 'utf8');
    expect(operatorSchema.trim()).toContain(shipped.trim());
  });
});
