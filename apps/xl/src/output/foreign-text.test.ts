/** Checks that text from elsewhere never reaches a terminal as it is, whatever prints it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HostError } from '@mig/hypervisor';
import { encodeLibxlHeader, encodeLibxlRecord, encodeXlHeader, xlHeader } from '@mig/protocol';
import { encodeTraceRecord, type KnownTraceRecord } from '@mig/trace';
import { afterAll, describe, expect, it } from 'vitest';
import { FakeHost, xl, xlOnTerminal } from '../commands/fake-host.test-support.js';
import { renderReport } from '../report/render.js';
import { failed, sample } from '../report/sample.test-support.js';

const folder = mkdtempSync(join(tmpdir(), 'xl-foreign-'));
afterAll(() => rmSync(folder, { recursive: true }));

function fileWith(name: string, octets: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, octets);
  return path;
}

/** Hostile text: a terminal title, another line, C1 controls, a change of direction. */
const HOSTILE = '\x1b]0;pwn\x07\nline\x9b2J\x7f\u202Etxt.\u2066';
const SHOWN = String.raw`\u001b]0;pwn\u0007\u000aline\u009b2J\u007f\u202etxt.\u2066`;
/** Raw controls: all but those that end lines and stand in stock's tables. */
const RAW = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/;

function hostile(): FakeHost {
  const state = { paused: false, suspended: true, crashed: false };
  const host = new FakeHost({ name: HOSTILE, state, standing: 'away', sentTo: HOSTILE }, { name: 'a' });
  host.whyNoLogDirty = HOSTILE;
  host.resumeError = new HostError('unavailable', `it says ${HOSTILE}`, { domid: 2 });
  host.consoles.set(1, fileWith('console', `${HOSTILE}\r\nzwei \u00fc\n`));
  return host;
}

const suspended = { paused: false, suspended: true, crashed: false };

/** A trace as another program may write it, with texts of unknown origin. */
function traceOf(records: readonly KnownTraceRecord[]): KnownTraceRecord[] {
  return records.map(
    (record) =>
      Object.fromEntries(
        Object.entries(record).map(([name, value]) => [
          name,
          ['type', 'magic', 'kind', 'point', 'decision'].includes(name) ? value : spoilt(value),
        ]),
      ) as unknown as KnownTraceRecord,
  );
}

function spoilt(value: unknown): unknown {
  if (typeof value === 'string') return value + HOSTILE;
  if (Array.isArray(value)) return value.map(spoilt);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => [name, typeof each === 'string' ? HOSTILE : each]),
  );
}

const spoiltTrace = () =>
  fileWith('trace', Buffer.concat(traceOf([...sample, failed.at(-1)!]).map(encodeTraceRecord)));
const stream = () =>
  fileWith('stream', encodeXlHeader(xlHeader(JSON.stringify({ c_info: { name: HOSTILE, x: HOSTILE } }))));

function wrongStream(): string {
  const entries = [{ key: `/${HOSTILE.replaceAll(/[^\0-\xff]/g, '')}`, value: '' }];
  return fileWith(
    'wrong',
    Buffer.concat([
      encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
      encodeLibxlRecord({ type: 'EMULATOR_XENSTORE_DATA', emulatorId: 0, index: 0, entries }),
    ]),
  );
}

describe('what others have chosen', () => {
  it.each([
    ['list', ['list']],
    ['list, verbose', ['list', '-v']],
    ['list as JSON', ['list', '--json']],
    ['configurations', ['list', '-l']],
    ['info', ['info']],
    ['info as JSON', ['info', '--json']],
    ['domname', ['domname', '1']],
    ['a trace', ['trace', 'show', spoiltTrace()]],
    ['a trace as JSON', ['trace', 'show', '--json', spoiltTrace()]],
    ['a stream', ['stream', 'inspect', stream()]],
    ['a stream as JSON', ['stream', 'inspect', '--json', stream()]],
    ['what is wrong with a stream', ['stream', 'verify', '--start', 'libxl', wrongStream()]],
  ])('is shown by its codes in %s', async (_, argv) => {
    const { out, err } = await xlOnTerminal(hostile(), ...argv);
    expect(out + err).not.toMatch(RAW);
    // The text did occur: the check is not vacuous.
    expect(out).toContain(String.raw`\u001b]0;pwn\u0007`);
  });

  it('is said so in what goes wrong, with a trace of the stack too', async () => {
    const host = hostile();
    host.domains = [{ ...host.domains[1]!, domid: 2, standing: 'abandoned', state: suspended }];
    process.env['MIG_DEBUG'] = '1';
    try {
      const { err, status } = await xl(host, 'resume', '2');
      expect(status).toBe(1);
      expect(err).toContain(`it says ${SHOWN}`);
      expect(err).not.toMatch(RAW);
    } finally {
      delete process.env['MIG_DEBUG'];
    }
  });

  it('comes back as it is from JSON', async () => {
    const { out } = await xl(hostile(), 'list', '--json');
    expect(JSON.parse(out)).toMatchObject([{ name: HOSTILE, sentTo: HOSTILE }, { name: 'a' }]);
  });

  it('is what the guest wrote where a console goes to a file', async () => {
    expect((await xl(hostile(), 'console', '1')).out).toBe(`${HOSTILE}\r\nzwei \u00fc\n`);
    const { out } = await xlOnTerminal(hostile(), 'console', '1');
    expect(out).toBe(`${SHOWN.replace(String.raw`\u000a`, '\n')}\r\nzwei \u00fc\n`);
  });

  it.each(['html', 'svg'] as const)('drives nothing in a report, as %s', async (format) => {
    for (const records of [sample, failed]) {
      const page = await renderReport(traceOf(records), format);
      expect(page).toContain(String.raw`\u001b]0;pwn\u0007`);
      expect(page).not.toMatch(RAW);
    }
  });
});
