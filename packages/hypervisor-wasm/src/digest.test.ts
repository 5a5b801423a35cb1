/** A stream with digests from the source to the target in one process, and what becomes of every damage to it. */
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { MemorySink, MemorySource, type OctetSource } from '@mig/channel';
import { HostError, type IncomingDomain, type IncomingMemory, type RestoreOptions } from '@mig/hypervisor';
import { MODEL_STREAM, ModelHost, ModelMemory } from '@mig/hypervisor/model';
import {
  Emulator,
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  PAGE_SIZE,
  PushDecoder,
  StreamDecoder,
  xlHeader,
  XlOptionalFlag,
} from '@mig/protocol';
import { allExtensionFeatures, PERMISSION_TO_GO, READY } from '@mig/protocol/handshake';
import { receiveDomain, ReceiveError } from '@mig/receiver';
import { saveImage, simplePolicy } from '@mig/sender';
import { DigestingSink } from '../../sender/src/digesting-sink.js';
import { readStream } from './restore-domain.js';

const SEED = 20140602;
const PAGES = 12;
const { EXTENSION, DIGEST } = XlOptionalFlag;

/** A memory that takes everything, with its pages' first words. */
class TakenMemory implements IncomingMemory {
  readonly versions = new Uint32Array(PAGES).fill(0xdead);
  expect(): void {}
  staticDataEnd(): void {}
  apply(): void {}
  comparePages(): number {
    return 0;
  }

  populate(pfns: Float64Array, _types: Uint8Array, count: number): void {
    for (let i = 0; i < count; i++) {
      if (!(pfns[i]! < PAGES)) throw new HostError('bad-guest', 'a pfn beyond memory');
    }
  }

  readPages(input: OctetSource, pfns: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) {
      this.versions[pfns[i]!] = new DataView(input.read(PAGE_SIZE).buffer).getUint32(0, true);
    }
  }

  zeroPages({ pfns, pages }: { pfns: Float64Array; pages: Uint16Array }): void {
    pfns.forEach((pfn, i) => this.versions.fill(0, pfn, pfn + pages[i]!));
  }
}

/** A host whose arriving domains consist of a memory. */
class TakingHost extends ModelHost {
  override features = allExtensionFeatures;
  readonly memory = new TakenMemory();
  context: Uint8Array | undefined;

  override restoreFrom(input: OctetSource, options: RestoreOptions): IncomingDomain {
    this.context = readStream(this.memory, input, options);
    return super.restoreFrom(new MemorySource(MODEL_STREAM), options);
  }
}

const memory = new ModelMemory(PAGES);
const context = Uint8Array.from({ length: 50 }, (_, i) => i);

/** Makes the octets of a migration up to the end of its stream, with DIGEST records where they are wanted. */
function sent(flags: number, digests = true): Uint8Array {
  const output = new MemorySink();
  const sink = new DigestingSink(output);
  const writeDigest = digests ? () => sink.writeDigest() : undefined;
  sink.write(encodeXlHeader(xlHeader('{"c_info":{"name":"busy"}}', flags >>> 0)));
  sink.write(encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }));
  sink.write(encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }));
  saveImage(memory, sink, { policy: simplePolicy(1), features: () => allExtensionFeatures, writeDigest });
  const vcpu = { emulatorId: Emulator.UNKNOWN, index: 0, context };
  sink.write(encodeLibxlRecord({ type: 'EMULATOR_CONTEXT', ...vcpu }));
  writeDigest?.();
  sink.write(encodeLibxlRecord({ type: 'END' }));
  return output.contents().slice();
}

/** Receives these octets, and what follows them. */
function received(octets: Uint8Array, after: Uint8Array = PERMISSION_TO_GO) {
  const host = new TakingHost();
  const output = new MemorySink();
  const input = new MemorySource(Buffer.concat([octets, after]));
  let error: unknown;
  try {
    receiveDomain(host, { input, output });
  } catch (thrown) {
    error = thrown;
  }
  return { host, error, ready: Buffer.from(output.contents()).includes(Buffer.from(READY)) };
}

function flipped(octets: Uint8Array, bit: number): Uint8Array {
  const damaged = octets.slice();
  damaged[bit >> 3]! ^= 1 << (bit & 7);
  return damaged;
}

/** Checks that the target does not say ready, and has nothing left. @returns the error's cause */
function refused(octets: Uint8Array, what: string): { code?: string; message?: string } {
  // A source sends nothing more until the target is ready: one that waits for more gives up in time.
  const { host, error, ready } = received(octets, new Uint8Array(0));
  expect(error, what).toBeInstanceOf(ReceiveError);
  expect([ready, host.list()], what).toEqual([false, []]);
  return (error as ReceiveError).cause as { code?: string };
}

let stream: Uint8Array;
/** The octets that are no page's content. */
const others: number[] = [];

beforeAll(() => {
  memory.versions.fill(0, 4, 7);
  stream = sent(EXTENSION | DIGEST);
  const content = new Set<number>();
  const decoder = new PushDecoder(new StreamDecoder());
  for (const event of decoder.push(stream)) {
    if (event.kind === 'page-octets') for (let i = 0; i < event.octets.length; i++) content.add(event.offset + i);
  }
  decoder.end();
  for (let at = 0; at < stream.length; at++) if (!content.has(at)) others.push(at);
  expect(content.size).toBe((PAGES - 3) * PAGE_SIZE);
}); // prettier-ignore

test('whole, it is taken', () => {
  const { host, error, ready } = received(stream);
  expect(error).toBeUndefined();
  expect(ready).toBe(true);
  expect(host.running).toEqual(['busy']);
  expect(host.memory.versions).toEqual(memory.versions);
  expect(host.context).toEqual(context);
});

describe('with a bit flipped', () => {
  test('in any byte that is no page content, it is refused before ready', () => {
    for (const at of others) {
      const bit = at * 8 + ((at * 5) % 8);
      refused(flipped(stream, bit), `bit ${bit & 7} of byte ${at}`);
    }
  });

  test('in any bit of the records after the image, and of the last octets of it, it is refused before ready', () => {
    for (let bit = (stream.length - 170) * 8; bit < stream.length * 8; bit++) {
      refused(flipped(stream, bit), `bit ${bit & 7} of byte ${bit >> 3} of ${stream.length}`);
    }
  });

  test('in any page, it is refused for its digest, which names the bytes', () => {
    fc.assert(
      fc.property(fc.nat(PAGES - 4), fc.nat(PAGE_SIZE * 8 - 1), (page, bit) => {
        const first = others.findIndex((at, i) => i > 0 && at > others[i - 1]! + 1);
        const at = (others[first - 1]! + 1 + page * PAGE_SIZE) * 8 + bit;
        const cause = refused(flipped(stream, at), `bit ${at}`);
        expect(cause).toMatchObject({ code: 'bad-digest', layer: 'libxc', field: 'crc' });
        expect(cause.message).toMatch(/changed on its way: the checksum of bytes 0 to \d+ differs$/);
      }),
      { seed: SEED, numRuns: 200 },
    );
  });

  test('or several anywhere, it is refused before ready', () => {
    const bits = fc.uniqueArray(fc.nat(stream.length * 8 - 1), { minLength: 2, maxLength: 40 });
    fc.assert(
      fc.property(bits, (list) => {
        refused(list.reduce((octets, bit) => flipped(octets, bit), stream), list.join()); // prettier-ignore
      }),
      { seed: SEED, numRuns: 300 },
    );
  });
});

describe('with octets lost or repeated', () => {
  test('from one record boundary to another, it is refused before ready', () => {
    const starts: number[] = [];
    const decoder = new PushDecoder(new StreamDecoder());
    for (const event of decoder.push(stream)) {
      if (event.kind !== 'page-octets') starts.push(event.offset);
    }
    decoder.end();
    for (const from of starts) {
      for (const to of starts) {
        if (to <= from) continue;
        const lost = Buffer.concat([stream.subarray(0, from), stream.subarray(to)]);
        refused(lost, `without ${from} to ${to}`);
        const again = Buffer.concat([stream.subarray(0, to), stream.subarray(from)]);
        // The whole stream, and something behind it, which is no permission.
        if (Buffer.compare(again.subarray(0, stream.length), stream) === 0) continue;
        refused(again, `with ${from} to ${to} again`);
      }
    }
  });
});

describe('digests and their announcement', () => {
  test('that are announced and do not come: refused at the end of the image', () => {
    expect(refused(sent(EXTENSION | DIGEST, false), 'without')).toMatchObject({
      code: 'out-of-order',
      layer: 'libxc',
      message: expect.stringContaining('no DIGEST right before the end') as string,
    });
  });

  test('that come and are not announced: refused as unknown', () => {
    expect(refused(sent(EXTENSION), 'not announced')).toMatchObject({ code: 'unknown-mandatory-record' });
    expect(refused(sent(DIGEST), 'no mig')).toMatchObject({ code: 'unknown-mandatory-record' });
  });

  test('that neither come nor are announced: taken', () => {
    expect(received(sent(EXTENSION, false))).toMatchObject({ error: undefined, ready: true });
  });
});
