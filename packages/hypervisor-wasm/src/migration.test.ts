import { MemorySink, MemorySource } from '@mig/channel';
import type { SaveEvent, SaveOptions } from '@mig/hypervisor';
import { Interrupt, InterruptedError, Output } from '@mig/posix';
import { simplePolicy } from '@mig/sender';
import { encodeDomainHeader, encodeImageHeader, encodeLibxlHeader, encodeLibxlRecord } from '@mig/protocol';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { buildGuest } from './guest/guest-builder.test-support.js';
import { whyNoLogDirty } from './host-info.js';
import {
  configurationOf,
  consoleLines,
  failure,
  LIVE,
  moduleFile,
  NOT_LIVE,
  openHost,
  pidOf,
  restore,
  save,
  sweeps,
  ticks,
  UNTIL,
} from './hosts.test-support.js';
import { identityOf } from './process-identity.js';

const noLogDirty = whyNoLogDirty() !== undefined;

describe('a domain that moves to another host', () => {
  it.each<[string, SaveOptions, string]>([
    ['live, its pages written in order', LIVE, 'sequential'],
    ['live, its pages written at random', { ...LIVE, debug: true }, 'random'],
    ['suspended', NOT_LIVE, 'random'],
  ])('%s, goes on where it stood', async (_, options, pattern) => {
    if (options.live && noLogDirty) return;
    const [source, target] = [openHost(), openHost()];
    const commandLine = `pages=3000 rate=20000 pattern=${pattern}`;
    const domid = source.host.create(configurationOf('busy', 'wss', commandLine, 16), { paused: false });
    await vi.waitFor(() => expect(ticks(consoleLines(source, domid)).length).toBeGreaterThan(3), UNTIL);

    const stream = join(source.folder, 'stream');
    const report = save(source, domid, stream, options);
    expect(report.passes[0]!.sentPages).toBe(4096);
    expect(source.host.describe(domid)).toMatchObject({
      logDirty: false,
      state: { suspended: true, paused: false },
    });

    const copy = restore(target, stream, source.host.configuration(domid), 'busy--incoming');
    expect(target.host.describe(copy)).toMatchObject({
      name: 'busy--incoming',
      memory: 16,
      state: { paused: true, suspended: false, crashed: false },
    });
    expect(consoleLines(target, copy)).toEqual([]);
    target.host.rename(copy, 'busy');
    target.host.unpause(copy);
    // The first sweep may have begun before the migration.
    await vi.waitFor(() => expect(sweeps(consoleLines(target, copy))).toBeGreaterThan(1), UNTIL);

    const all = [...ticks(consoleLines(source, domid)), ...ticks(consoleLines(target, copy))];
    expect(all.map(({ number }) => number)).toEqual(all.map((_, at) => at + 1));
    expect(all.filter(({ errors }) => errors > 0)).toEqual([]);
    expect(consoleLines(target, copy).filter((line) => line.startsWith('error'))).toEqual([]);
  });

  it.each([false, true])('is the same through a channel that is no descriptor, verified: %s', (debug) => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'wss', 'pages=600 rate=0', 4), { paused: true });
    const sink = new MemorySink();
    const domain = source.host.take(domid, { kind: 'save' });
    const report = domain.saveTo(sink, { ...NOT_LIVE, debug, byReference: true });
    expect(report.octets).toBeGreaterThan((debug ? 2 : 1) * 4 * 2 ** 20);
    domain.release();

    const configuration = source.host.configuration(domid);
    const copy = target.host.restoreFrom(new MemorySource(sink.contents()), { configuration, name: 'one' });
    copy.start('one', { paused: true });
    copy.release();
    const [first, second] = [join(source.folder, 'first'), join(source.folder, 'second')];
    source.host.resume(domid);
    source.host.pause(domid);
    save(source, domid, first, NOT_LIVE);
    save(target, copy.domid, second, NOT_LIVE);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  });

  it('is the same, octet for octet', () => {
    const [source, target] = [openHost(), openHost()];
    const kernel = moduleFile(source, buildGuest({ data: { address: 70_000, text: 'static data' } }));
    const domid = source.host.create(configurationOf('one', kernel), { paused: true });
    const [first, second] = [join(source.folder, 'first'), join(source.folder, 'second')];
    save(source, domid, first, NOT_LIVE);
    const copy = restore(target, first, source.host.configuration(domid), 'one');
    save(target, copy, second, NOT_LIVE);
    expect(readFileSync(second).equals(readFileSync(first))).toBe(true);
  });

  it('keeps what it made of its static data', async () => {
    const [source, target] = [openHost(), openHost()];
    // The guest first writes page 16, with a 0: the segment would put its text back.
    const kernel = moduleFile(source, buildGuest({ data: { address: 65_536, text: 'text' } }));
    const domid = source.host.create(configurationOf('one', kernel), { paused: false });
    const streams = [1, 2].map((number) => join(source.folder, String(number))) as [string, string];
    await vi.waitFor(() => {
      // Paused as in the copy, according to its image.
      source.host.pause(domid);
      save(source, domid, streams[0], NOT_LIVE);
      source.host.resume(domid);
      source.host.unpause(domid);
      expect(readFileSync(streams[0]).includes('text\0')).toBe(false);
    }, UNTIL);
    const copy = restore(target, streams[0], source.host.configuration(domid), 'one');
    save(target, copy, streams[1], NOT_LIVE);
    expect(readFileSync(streams[1]).equals(readFileSync(streams[0]))).toBe(true);
  });

  it('goes on at home where it is resumed', async () => {
    const source = openHost();
    const domid = source.host.create(configurationOf('one', 'idle'), { paused: false });
    save(source, domid, '/dev/null', NOT_LIVE);
    expect(failure(() => save(source, domid, '/dev/null', NOT_LIVE)).code).toBe('wrong-state');
    const before = ticks(consoleLines(source, domid)).length;
    source.host.resume(domid);
    await vi.waitFor(
      () => expect(ticks(consoleLines(source, domid)).length).toBeGreaterThan(before + 1),
      UNTIL,
    );
    const numbers = ticks(consoleLines(source, domid)).map(({ number }) => number);
    expect(numbers).toEqual(numbers.map((_, at) => at + 1));
  });

  it('stays suspended where the toolstack dies that has learnt of it', async () => {
    if (noLogDirty) return;
    const source = openHost();
    const domid = source.host.create(configurationOf('one', 'idle'), { paused: false });
    const toolstack = spawn(process.execPath, ['--input-type=module', '-e', SAVE_AND_DIE, source.folder], {
      cwd: new URL('..', import.meta.url),
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    expect(await once(toolstack, 'exit')).toEqual([null, 'SIGKILL']);
    // Log-dirty mode ends with the connection.
    await vi.waitFor(() => expect(source.host.describe(domid).logDirty).toBe(false), UNTIL);
    expect(source.host.describe(domid).state.suspended).toBe(true);
  });

  it('keeps running where it cannot be suspended in time', () => {
    const source = openHost();
    // loop, br 0, end, unreachable
    const kernel = moduleFile(source, buildGuest({ run: [0x03, 0x40, 0x0c, 0x00, 0x0b, 0x00] }));
    const domid = source.host.create(configurationOf('one', kernel), { paused: false });
    const error = failure(() => save(source, domid, '/dev/null', { ...NOT_LIVE, suspendTimeout: 50 }));
    expect(error.code).toBe('suspend-refused');
    expect(source.host.describe(domid).state).toEqual({ paused: false, suspended: false, crashed: false });
  });

  it('runs on where its suspend was not waited for, even if that has come about', async () => {
    if (noLogDirty) return;
    const { host } = openHost();
    const domid = host.create(configurationOf('one', 'idle'), { paused: false });
    const domain = host.take(domid, { kind: 'migration' });
    const interrupt = Interrupt.create();
    const output = new Output(openSync('/dev/null', 'w'), { subject: 'nothing', interrupt });
    const onEvent = ({ kind }: SaveEvent) => {
      if (kind === 'precopy-ended') interrupt.raise('operator');
    };
    const options = { ...LIVE, policy: simplePolicy(0), onEvent };
    expect(() => domain.saveTo(output, options)).toThrow(InterruptedError);
    await vi.waitFor(() => expect(host.describe(domid).state.suspended).toBe(true), UNTIL);
    domain.resume();
    expect(host.describe(domid)).toMatchObject({ standing: 'free', state: { suspended: false } });
    domain.release();
    output.close();
    interrupt.close();
  });
});

describe('a stream that is no good', () => {
  it('leaves nothing of its domain, wherever it ends', () => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'idle'), { paused: true });
    const stream = join(source.folder, 'stream');
    save(source, domid, stream, NOT_LIVE);
    const { length } = readFileSync(stream);
    for (const end of [length - 1, length - 100, length - 40_000, 500_000, 20, 0]) {
      truncateSync(stream, end);
      expect(() => restore(target, stream, source.host.configuration(domid), 'one')).toThrow();
      expect(readdirSync(join(target.folder, 'domains'))).toEqual([]);
    }
  });

  it('is refused where a page is beyond memory', () => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'idle', '', 2), { paused: true });
    const stream = join(source.folder, 'stream');
    save(source, domid, stream, NOT_LIVE);
    const configuration = configurationOf('one', 'idle', '', 1);
    expect(() => restore(target, stream, configuration, 'one')).toThrow(
      /PAGE_DATA.*pfn 256 is beyond the domain's 256 pages/,
    );
    expect(target.host.list()).toEqual([]);
  });

  it('is refused by name where it is a real Xen’s', () => {
    const target = openHost();
    const stream = join(target.folder, 'stream');
    const header = { type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 } as const;
    writeFileSync(
      stream,
      Buffer.concat([
        encodeLibxlHeader({ version: 2, byteOrder: 'little-endian', legacy: false }),
        encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
        encodeImageHeader({ version: 3, byteOrder: 'little-endian' }),
        encodeDomainHeader(header, 'little-endian'),
      ]),
    );
    const configuration = JSON.stringify({
      c_info: { type: 'pvh', name: 'x' },
      b_info: { max_memkb: 98304 },
    });
    expect(failure(() => restore(target, stream, configuration, 'x'))).toMatchObject({
      code: 'foreign-domain',
      message: 'this stream is of a PVH domain of Xen 4.17; the embedded hypervisor runs WebAssembly domains',
    });
  });
});

describe('an incoming domain', () => {
  it('ends with the toolstack that builds it', async () => {
    const [source, target] = [openHost(), openHost()];
    const domid = source.host.create(configurationOf('one', 'idle'), { paused: true });
    const stream = join(source.folder, 'stream');
    save(source, domid, stream, NOT_LIVE);

    const toolstack = spawn(
      process.execPath,
      ['--input-type=module', '-e', RESTORE, target.folder, source.host.configuration(domid)],
      { cwd: new URL('..', import.meta.url), stdio: ['pipe', 'ignore', 'inherit'] },
    );
    const ended = once(toolstack, 'exit');
    // More than the pipe holds: once it is taken, the domain has been built up to its memory.
    await new Promise((resolve) => toolstack.stdin.write(readFileSync(stream).subarray(0, 600_000), resolve));
    const [copy] = target.host.list();
    expect(copy?.name).toBe('one--incoming');
    expect(failure(() => target.host.unpause(copy!.domid)).code).toBe('arriving');
    const owner = identityOf(pidOf(target, copy!.domid))!;

    toolstack.kill('SIGKILL');
    await ended;
    await vi.waitFor(() => expect(identityOf(owner.pid)).toBeUndefined(), UNTIL);
    expect(target.host.list()).toEqual([]);
    expect(readdirSync(join(target.folder, 'domains'))).toEqual([]);
  });

  it('ends with the toolstack that dies before it has taken hold of it', async () => {
    const target = openHost();
    const toolstack = spawn(
      process.execPath,
      ['--input-type=module', '-e', LAUNCH_AND_DIE, target.folder, configurationOf('one', 'idle')],
      { cwd: new URL('..', import.meta.url), stdio: ['ignore', 'pipe', 'inherit'] },
    );
    let pid = '';
    toolstack.stdout.setEncoding('utf8').on('data', (text: string) => (pid += text));
    expect(await once(toolstack, 'close')).toEqual([null, 'SIGKILL']);
    expect(Number(pid)).toBeGreaterThan(0);
    await vi.waitFor(() => expect(identityOf(Number(pid))).toBeUndefined(), UNTIL);
    expect(target.host.list()).toEqual([]);
  });
});

const LAUNCH_AND_DIE = `
  import { readFileSync, writeSync } from 'node:fs';
  import { join } from 'node:path';
  import { parseConfiguration } from './dist/configuration.js';
  import { HostFolder } from './dist/host-folder.js';
  import { IncomingProcess } from './dist/launch.js';
  const host = new HostFolder(process.argv[1]);
  const folder = host.pathOf(host.add(parseConfiguration(process.argv[2])));
  new IncomingProcess().settle({ path: folder, seen: folder }, () => {
    writeSync(1, String(JSON.parse(readFileSync(join(folder, 'process.json'), 'utf8')).pid));
    process.kill(process.pid, 'SIGKILL');
  });
`;

const RESTORE = `
  import { EmbeddedHost } from '@mig/hypervisor-wasm';
  import { Input } from '@mig/posix';
  const [, folder, configuration] = process.argv;
  const input = new Input(0, { subject: 'a pipe' });
  EmbeddedHost.open(folder).restoreFrom(input, { configuration, name: 'one--incoming' });
`;

const SAVE_AND_DIE = `
  import { EmbeddedHost } from '@mig/hypervisor-wasm';
  import { Output } from '@mig/posix';
  import { simplePolicy } from '@mig/sender';
  const onEvent = ({ kind }) => kind === 'suspended' && process.kill(process.pid, 'SIGKILL');
  const options = { live: true, debug: false, policy: simplePolicy(), suspendTimeout: 5000 };
  const output = new Output(1, { subject: 'a pipe' });
  const domain = EmbeddedHost.open(process.argv[1]).take(1, { kind: 'save' });
  domain.saveTo(output, { ...options, onEvent });
`;
