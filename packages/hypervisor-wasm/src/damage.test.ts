import { ComparisonError } from '@mig/receiver';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import {
  configurationOf,
  consoleLines,
  NOT_LIVE,
  openHost,
  restore,
  save,
  sweeps,
  ticks,
  UNTIL,
} from './hosts.test-support.js';

/** Memory in MiB: one record of 1024 pages. */
const MEMORY = 4;

/** Offset of a page's octets in the stream of a domain of this memory, saved while suspended. */
function offsetOf(pfn: number): number {
  const libxl = 16 + 8;
  const image = 24 + 16 + 8;
  const pageData = 8 + 8 + 1024 * 8;
  return libxl + image + pageData + pfn * 4096;
}

describe('what a faulty migration would do', () => {
  it('is said by the guest: a page that was lost, and one that was torn', async () => {
    const [source, target] = [openHost(), openHost()];
    const configuration = configurationOf('busy', 'wss', 'pages=900 rate=20000', MEMORY);
    const domid = source.host.create(configuration, { paused: false });
    const path = join(source.folder, 'stream');
    const written = () => ticks(consoleLines(source, domid)).at(-1)?.written ?? 0;
    await vi.waitFor(() => expect(written()).toBeGreaterThan(1800), UNTIL);
    save(source, domid, path, NOT_LIVE);
    const earlier = readFileSync(path);
    source.host.resume(domid);
    const before = written();
    await vi.waitFor(() => expect(written()).toBeGreaterThan(before + 1800), UNTIL);
    save(source, domid, path, NOT_LIVE);

    const stream = readFileSync(path);
    const [lost, torn] = [600, 700];
    earlier.copy(stream, offsetOf(lost), offsetOf(lost), offsetOf(lost + 1));
    stream[offsetOf(torn) + 2000]! ^= 1;
    writeFileSync(path, stream);
    const copy = restore(target, path, source.host.configuration(domid), 'busy');
    target.host.unpause(copy);
    await vi.waitFor(() => expect(sweeps(consoleLines(target, copy))).toBeGreaterThan(1), UNTIL);
    const errors = consoleLines(target, copy).filter((line) => line.startsWith('error'));
    expect(errors).toHaveLength(2);
    expect(errors).toContainEqual(
      expect.stringMatching(/\(pfn 600\) is stale: version \d+ where \d+ is expected$/),
    );
    expect(errors).toContainEqual(expect.stringMatching(/\(pfn 700\) is torn/));
    expect(ticks(consoleLines(target, copy)).at(-1)!.errors).toBe(2);
  });

  it('is found by the target, where all of memory is sent again', () => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'idle', '', MEMORY), { paused: true });
    const path = join(source.folder, 'stream');
    save(source, domid, path, { ...NOT_LIVE, debug: true });
    const stream = readFileSync(path);
    target.host.destroy(restore(target, path, source.host.configuration(domid), 'sound'));
    stream[offsetOf(20)]! ^= 1;
    writeFileSync(path, stream);
    expect(() => restore(target, path, source.host.configuration(domid), 'one')).toThrow(ComparisonError);
    expect(target.host.list()).toEqual([]);
  });
});
