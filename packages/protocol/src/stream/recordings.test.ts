/** Decodes the recordings from which the thinned streams were made, if they lie beside the repository. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeStream, EventEncoder, PushDecoder, StreamDecoder, type Deviation } from '../index.js';

const recordings = new URL('../../../../../shared/fixtures/', import.meta.url);
const streams = [
  ['a-pvh-save', 'pvh-96.save.zst', 1020, 24592],
  ['b-pvh-live', 'fwd.bin.zst', 1026, 27604],
  ['c-pv-save', 'pv-96.save.zst', 24, 24576],
  ['xen-4.20/a-pvh-save', 'pvh-96.save.zst', 1020, 24590],
  ['xen-4.20/b-pvh-live', 'fwd.bin.zst', 1026, 27517],
] as const;
const there = existsSync(recordings) && spawnSync('zstd', ['--version']).status === 0;

describe.skipIf(!there)('recordings (skipped without ../shared/fixtures or the zstd command)', () => {
  it.each(streams)('%s/%s', { timeout: 120_000 }, async (folder, file, records, pages) => {
    const path = new URL(`${folder}/${file}`, recordings);
    const zstd = spawn('zstd', ['-dcq', path.pathname], { stdio: ['ignore', 'pipe', 'inherit'] });
    const deviations: Deviation[] = [];
    const onDeviation = (deviation: Deviation) => deviations.push(deviation);
    const hash = createHash('sha256');
    const encoder = new EventEncoder();
    let batches = 0;
    let present = 0;
    for await (const event of decodeStream(zstd.stdout, {
      strictness: 'verify',
      onDeviation,
    })) {
      if (event.kind === 'pages') {
        batches++;
        present += event.present;
      }
      hash.update(encoder.encode(event));
    }
    expect(deviations.filter(({ severity }) => severity === 'wrong')).toEqual([]);
    expect([batches, present]).toEqual([records, pages]);
    const expected = readFileSync(new URL(`${folder}/stream.sha256`, recordings), 'utf8').trim();
    expect(hash.digest('hex')).toBe(expected.split(' ')[0]);
  });

  // 3a ends within a record, 5a exactly on a record's boundary: neither is a good end.
  it.each(['3a-receiver-eof-midstream', '5a-sender-sigkill'])('e-failures/%s has no good end', (folder) => {
    const path = new URL(`e-failures/${folder}/fwd.bin.zst`, recordings);
    const { stdout, status } = spawnSync('zstd', ['-dcq', path.pathname], { maxBuffer: 2 ** 30 });
    expect(status).toBe(0);
    const decoder = new PushDecoder(new StreamDecoder());
    Array.from(decoder.push(stdout));
    expect(() => decoder.end()).toThrow(expect.objectContaining({ code: 'truncated' }));
  });
});

it('refuses to encode a status that is no octet, and gives copies of the messages that are always alike', () => {
  const encoder = new EventEncoder();
  for (const status of [-1, 256, 0.5]) {
    const report = { kind: 'report', layer: 'handshake', offset: 0, status } as const;
    expect(() => encoder.encode(report)).toThrow(RangeError);
  }
  const ready = { kind: 'ready', layer: 'handshake', offset: 0 } as const;
  const whole = encoder.encode(ready).slice();
  encoder.encode(ready).fill(0);
  expect(encoder.encode(ready)).toEqual(whole);
});
