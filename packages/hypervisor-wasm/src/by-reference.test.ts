import { blockingPipe, Input, LARGEST_PIPE, Output, setNonBlocking } from '@mig/posix';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import {
  configurationOf,
  consoleLines,
  NOT_LIVE,
  openFiles,
  openHost,
  ticks,
  type TestHost,
  UNTIL,
} from './hosts.test-support.js';

/** Memory in MiB, one record; all but its beginning waits in a pipe until the end. */
const MEMORY = 1;
const BEGINNING = 65_536;

/** Reads the domain's present RAM. */
function ram(test: TestHost, domid: number): Buffer {
  const file = openFiles(test, domid).find(({ link }) => link.startsWith('/memfd:domain RAM'));
  return readFileSync(file!.path);
}

/**
 * Saves a busy domain into a pipe, lets it run on, and only then reads.
 * @returns whether the octets read are those at the suspend
 */
async function readLate(byReference: boolean): Promise<boolean> {
  const source = openHost();
  const configuration = configurationOf('busy', 'wss', 'pages=200 rate=20000', MEMORY);
  const domid = source.host.create(configuration, { paused: false });
  const said = () => ticks(consoleLines(source, domid)).length;
  await vi.waitFor(() => expect(said()).toBeGreaterThan(3), UNTIL);

  const { readEnd, writeEnd } = blockingPipe(LARGEST_PIPE);
  setNonBlocking(writeEnd);
  const input = new Input(readEnd, { subject: 'a pipe' });
  const output = new Output(writeEnd, { subject: 'a pipe' });
  const reader = spawn('head', ['-c', String(BEGINNING)], { stdio: [readEnd, 'pipe', 'inherit'] });
  const read: Uint8Array[] = [];
  reader.stdout!.on('data', (octets: Buffer) => read.push(octets));
  const begun = once(reader, 'close');
  try {
    const domain = source.host.take(domid, { kind: 'save' });
    domain.saveTo(output, { ...NOT_LIVE, byReference });
    const saved = ram(source, domid);
    domain.resume();
    domain.release();
    const before = said();
    await vi.waitFor(() => expect(said()).toBeGreaterThan(before + 3), UNTIL);
    expect(ram(source, domid).equals(saved)).toBe(false);
    await begun;
    read.push(input.read(output.octets - BEGINNING));
    return Buffer.concat(read).includes(saved);
  } finally {
    input.close();
    output.close();
  }
}

describe('a domain that runs on before it has been read', () => {
  it('is read as it was saved, unless its pages were allowed to be references', async () => {
    expect(await readLate(false)).toBe(true);
    expect(await readLate(true)).toBe(false);
  });
});
