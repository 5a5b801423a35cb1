/** Tests that the oracles of tooling/fuzz detect faults: each is given one. */
import { readFileSync } from 'node:fs';
import * as protocol from '@mig/protocol';
import { describe, expect, it } from 'vitest';
import { type CaseName, cases } from '../../tooling/fuzz/cases.mjs';
import {
  generateConfigurationFile,
  generateStreamConfiguration,
} from '../../tooling/fuzz/configuration-case.mjs';
import { generateVcpuContext } from '../../tooling/fuzz/guest-case.mjs';
import * as modules from '../../tooling/fuzz/lib.mjs';
import { generateNoted } from '../../tooling/fuzz/noted-case.mjs';
import { generateOperatorMessages } from '../../tooling/fuzz/operator-case.mjs';
import { Random } from '../../tooling/fuzz/random.mjs';
import { recordChoices } from '../../tooling/fuzz/record-case.mjs';
import { generateTrace } from '../../tooling/fuzz/trace-case.mjs';

type Modules = typeof modules;

describe('the oracles of a stream speak up when', () => {
  const golden = new Uint8Array(
    readFileSync(new URL('../../packages/protocol/fixtures/pvh-save.bin', import.meta.url)),
  );
  const broken = (name: string, value: unknown): Modules => ({
    ...modules,
    protocol: { ...protocol, [name]: value },
  });
  const check = (lib: Modules, octets = golden) => cases.stream.check(octets, lib);

  it('nothing is wrong: they do not', () => {
    expect(check(modules)).toBe('accepted');
    expect(check(modules, golden.subarray(0, 5000))).toBe('truncated');
  });

  it('a record does not come back to its octets', () => {
    class Forgetful extends protocol.EventEncoder {
      override encode(event: protocol.PushEvent): Uint8Array {
        const isTsc = event.kind === 'record' && event.record.type === 'X86_TSC_INFO';
        return isTsc ? new Uint8Array(32) : super.encode(event);
      }
    }
    expect(() => check(broken('EventEncoder', Forgetful))).toThrow(/^re-encoding/);
  });

  it('an end too early is no error', () => {
    class Careless extends protocol.StreamDecoder {
      override end(): void {
        // Any failure suffices.
      }
    }
    expect(() => check(broken('StreamDecoder', Careless), golden.subarray(0, 5000))).toThrow(/^end/);
  });

  it('another error than StreamError comes', () => {
    class Throwing extends protocol.StreamDecoder {
      override give(octets: Uint8Array): protocol.StreamEvent | undefined {
        if (this.offset > 1000) throw new TypeError('oops');
        return super.give(octets);
      }
    }
    expect(() => check(broken('StreamDecoder', Throwing))).toThrow(/^unexpected error: TypeError: oops/);
  });

  it('memory is taken for what was announced', () => {
    class Greedy extends protocol.StreamDecoder {
      override give(octets: Uint8Array): protocol.StreamEvent | undefined {
        const event = super.give(octets);
        return new Uint8Array(this.wants).length >= 0 ? event : undefined;
      }
    }
    const octets = golden.slice();
    // The body of the last record but two announces 128 MiB.
    const at = offsetOf(golden, 'HVM_CONTEXT');
    new DataView(octets.buffer).setUint32(at + 4, protocol.MAX_RECORD_BODY, true);
    expect(check(modules, octets)).toBe('truncated');
    expect(() => check(broken('StreamDecoder', Greedy), octets)).toThrow(/^allocation/);
  });

  it('chunks make a difference', () => {
    class Forgetful extends protocol.PushDecoder<protocol.StreamEvent> {
      override *push(chunk: Uint8Array): Generator<protocol.PushEvent, void, undefined> {
        for (const event of super.push(chunk)) if (event.kind !== 'pages') yield event;
      }
    }
    expect(() => check(broken('PushDecoder', Forgetful))).toThrow(/^chunks/);
  });

  it('receiving takes what verifying does not', () => {
    class Lenient extends protocol.StreamDecoder {
      constructor(options: protocol.StreamDecoderOptions) {
        super(options.strictness === 'verify' ? options : { ...options, onDeviation: () => undefined });
      }
    }
    expect(() => check(broken('StreamDecoder', Lenient))).toThrow(/^strictness/);
  });
});

function offsetOf(octets: Uint8Array, type: string): number {
  const events = [...new protocol.PushDecoder(new protocol.StreamDecoder()).push(octets)];
  return events.find((event) => event.kind === 'record' && event.record.type === type)!.offset;
}

describe('an oracle speaks up where', () => {
  const { xl, wasm, xen, trace, operator } = modules;
  const random = () => new Random(7);
  const file = (text: string) => new Uint8Array(Buffer.from(text));
  const rows: [what: string, name: CaseName, octets: Uint8Array, broken: object, oracle: RegExp][] = [
    [
      'a record in a stream does not come back',
      'record',
      recordChoices(random(), { number: 8, libxl: false, body: new Uint8Array(24) }),
      { protocol: { ...protocol, EventEncoder: CarelessEncoder } },
      /^re-encoding/,
    ],
    [
      'a trace does not come back',
      'trace',
      generateTrace(random(), modules),
      { trace: { ...trace, encodeTraceRecord: oneOctetLess(trace.encodeTraceRecord) } },
      /^re-encoding/,
    ],
    [
      'a trace drives the terminal',
      'trace',
      generateTrace(random(), modules),
      { xl: { ...xl, TextOutput: Careless } },
      /^terminal/,
    ],
    [
      'a trace brings a script',
      'trace',
      generateTrace(random(), modules),
      { xl: { ...xl, htmlPage: () => '<script>' } },
      /^page/,
    ],
    [
      'a source gives a domain away and keeps it',
      'migrate',
      new Uint8Array(modules.handshake.BANNER),
      { sender: { ...modules.sender, liveMigrate: () => undefined } },
      /^outcome: resumed/,
    ],
    [
      'a source uses what the target has not offered',
      'migrate',
      new Uint8Array(
        Buffer.concat([
          modules.handshake.BANNER,
          modules.handshake.encodeHello(modules.handshake.helloOf([])),
          modules.handshake.READY,
        ]),
      ),
      {
        sender: {
          ...modules.sender,
          liveMigrate: (
            ...[host, domid, channel, options]: Parameters<typeof modules.sender.liveMigrate>
          ) => {
            const take = host.take.bind(host);
            const offered = modules.handshake.allExtensionFeatures;
            host.take = (...parameters) => {
              const domain = take(...parameters);
              const saveTo: typeof domain.saveTo = (output, saving) =>
                domain.saveTo(output, { ...saving, features: () => offered });
              return { ...domain, saveTo };
            };
            return modules.sender.liveMigrate(host, domid, channel, options);
          },
        },
      },
      /^features/,
    ],
    [
      'a request of an operator is another when it is said again',
      'operator-request',
      generateOperatorMessages(random(), modules, 'request'),
      {
        operator: {
          ...operator,
          encodeOperatorRequest: () => operator.encodeOperatorRequest({ id: 77, kind: 'abort' }),
        },
      },
      /^re-encoding/,
    ],
    [
      'a reply to an operator cannot be shown',
      'operator-reply',
      operator.encodeOperatorReply({ id: 1, kind: 'course', course: {} }),
      { xl: { ...xl, settingsLine: () => '{}' } },
      /^shown/,
    ],
    [
      'a configuration is another when it is written again',
      'configuration-file',
      file('name = "g"\nmemory = 5'),
      { xl: { ...xl, parseConfiguration: forgetful(xl.parseConfiguration) } },
      /^re-encoding/,
    ],
    [
      'a fault in a configuration is nowhere',
      'configuration-file',
      file('name = '),
      {
        xl: {
          ...xl,
          parseConfiguration: () => {
            throw new xl.ConfigurationError('what', { source: 'x', line: 7, column: 1 });
          },
        },
      },
      /^error/,
    ],
    [
      'the configuration of a stream is refused by an error that is not typed',
      'stream-configuration',
      generateStreamConfiguration(random()),
      {
        wasm: {
          ...wasm,
          domainType: () => {
            throw new TypeError('oops');
          },
        },
      },
      /^unexpected error: TypeError: oops/,
    ],
    [
      'a guest is taken that the engine has other words for',
      'guest',
      new Uint8Array([0, 0x61, 0x73, 0x6d, 1, 0, 0, 0]),
      { wasm: { ...wasm, inspectGuest: () => ({ globals: new Map(), minimumMemory: 1 }) } },
      /^engine/,
    ],
    [
      'the state of a vCPU does not come back',
      'vcpu-context',
      generateVcpuContext(random(), modules),
      {
        wasm: {
          ...wasm,
          encodeVcpuContext: (context: Parameters<typeof wasm.encodeVcpuContext>[0]) =>
            wasm.encodeVcpuContext({ ...context, paused: !context.paused }),
        },
      },
      /^re-encoding/,
    ],
    [
      'what is noted of a domain keeps it from being looked at',
      'noted',
      generateNoted(random(), modules),
      {
        xen: {
          ...xen,
          remembered: () => {
            throw new TypeError('oops');
          },
        },
      },
      /^unexpected error: TypeError: oops/,
    ],
  ];

  it.each(rows)('%s', (_, name, octets, broken, oracle) => {
    const { check } = cases[name];
    expect(check(octets, modules)).toMatch(/^[a-z- ]+$/);
    expect(() => check(octets, { ...modules, ...broken })).toThrow(oracle);
  });

  it('the configurations that are made are good ones', () => {
    const { check } = cases['configuration-file'];
    expect(check(generateConfigurationFile(random()), modules)).toBe('accepted');
  });
});

/** Encodes the last octet wrong. */
class CarelessEncoder extends protocol.EventEncoder {
  override encode(event: protocol.PushEvent): Uint8Array {
    return oneOctetLess(super.encode.bind(this))(event);
  }
}

/** An output that prints a line as it stands. */
class Careless extends modules.xl.TextOutput {
  override line(text = ''): void {
    this.text(`${text}\x1b[2J\n`);
  }
}

/** Makes an encoder faulty: the last octet is replaced. */
function oneOctetLess<P extends unknown[]>(encode: (...parameters: P) => Uint8Array) {
  return (...parameters: P): Uint8Array => {
    const octets = encode(...parameters).slice();
    if (octets.length > 8) octets[octets.length - 1]! ^= 1;
    return octets;
  };
}

/** Makes a parser whose results are never equal. */
function forgetful(parse: typeof modules.xl.parseConfiguration): typeof parse {
  let times = 0;
  return (...parameters) => {
    const settings = parse(...parameters);
    return times++ === 0 ? settings : new Map([...settings].slice(1));
  };
}
