import { spawn } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { blockingPipe } from '@mig/posix';
import {
  encodeDomainHeader,
  encodeImageHeader,
  encodeImageRecord,
  encodeLibvirtHeader,
  encodeLibxlHeader,
  encodeLibxlRecord,
  encodeXlHeader,
  PageDataEncoder,
  xlHeader,
} from '@mig/protocol';
import { afterAll, describe, expect, it } from 'vitest';
import { xl } from '../commands/fake-host.test-support.js';
import { InputFile } from '../io/input-file.js';
import { openOutputFile } from '../io/output-file.js';
import { rowOf } from './row.js';
import { walk } from './walk.js';

const folder = mkdtempSync(join(tmpdir(), 'xl-stream-'));
afterAll(() => rmSync(folder, { recursive: true }));

const golden = ['pv-save', 'pvh-save', 'pvh-live'].map((name) => ({
  name,
  path: fileURLToPath(new URL(`../../../../packages/protocol/fixtures/${name}.bin`, import.meta.url)),
}));

let files = 0;

function fileWith(octets: Uint8Array): string {
  const path = join(folder, `stream-${files++}`);
  writeFileSync(path, octets);
  return path;
}

const little = { byteOrder: 'little-endian' } as const;
const head = [
  encodeXlHeader(xlHeader('{"c_info":{"name":"g"}}')),
  encodeLibxlHeader({ version: 2, legacy: false, ...little }),
  encodeLibxlRecord({ type: 'LIBXC_CONTEXT' }),
  encodeImageHeader({ version: 3, ...little }),
  encodeDomainHeader({ type: 'x86-hvm', pageShift: 12, xenMajor: 4, xenMinor: 17 }),
  encodeImageRecord({ type: 'STATIC_DATA_END' }),
];
const tail = [
  encodeImageRecord({ type: 'HVM_PARAMS', params: [] }),
  encodeImageRecord({ type: 'HVM_CONTEXT', context: new Uint8Array(8) }),
  encodeImageRecord({ type: 'END' }),
  encodeLibxlRecord({ type: 'END' }),
];

/** Builds an image whose memory is these records. */
function image(...memory: Uint8Array[]): Buffer {
  return Buffer.concat([...head, ...memory, ...tail]);
}

function pageData(first: number, count: number): Uint8Array {
  const pfns = Float64Array.from({ length: count }, (_, index) => first + index);
  const words = new PageDataEncoder(count).encode(pfns, new Uint8Array(count), count);
  return Buffer.concat([words, Buffer.alloc(count * 4096, 0x5a)]);
}

const odd = image(
  encodeImageRecord({
    type: 'PAGE_DATA',
    pfns: Float64Array.of(1, 2 ** 40),
    types: Uint8Array.of(0, 15),
    pages: new Uint8Array(4096).fill(1),
    reserved: Uint8Array.of(1, 2, 3, 4),
    reservedBits: Uint8Array.of(0, 255),
  }),
  encodeImageRecord({
    type: 'optional',
    typeId: 0x80000002,
    body: Uint8Array.of(1),
    padding: Uint8Array.of(1, 2, 3, 4, 5, 6, 7),
  }),
  encodeImageRecord({ type: 'optional', typeId: 0x80000001, body: Uint8Array.of(9, 9) }),
  pageData(10, 3000),
);

describe('copy', () => {
  it.each([...golden, { name: 'an odd one', path: fileWith(odd) }])(
    '$name comes back octet for octet',
    async ({ path }) => {
      const to = join(folder, 'copy');
      expect(await xl(undefined, 'stream', 'copy', path, to)).toEqual({ status: 0, out: '', err: '' });
      expect(readFileSync(to).equals(readFileSync(path))).toBe(true);
    },
  );

  it('replaces a file when it is complete, and not before', async () => {
    const good = image(pageData(0, 2));
    const to = fileWith(Buffer.from('before'));
    chmodSync(to, 0o640);
    const short = fileWith(good.subarray(0, good.length - 1));
    const outcome = await xl(undefined, 'stream', 'copy', short, to);
    expect(outcome.status).toBe(1);
    expect(outcome.err).toMatch(
      new RegExp(`^xl: ${short}: libxl at byte \\d+: the stream ends before its END`),
    );
    expect(readFileSync(to, 'utf8')).toBe('before');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);

    const link = join(folder, 'link');
    symlinkSync(to, link);
    expect(await xl(undefined, 'stream', 'copy', fileWith(good), link)).toMatchObject({ status: 0 });
    expect(readFileSync(to).equals(good)).toBe(true);
    // The copy holds memory: the group loses its access.
    expect(statSync(to).mode & 0o777).toBe(0o600);
  });

  it('makes a file for its owner alone, from its first octet on', () => {
    const umask = process.umask(0);
    const to = join(folder, 'private');
    const file = openOutputFile('-', to);
    try {
      const parts = readdirSync(folder).filter((name) => name.endsWith('.part'));
      expect(parts.map((name) => statSync(join(folder, name)).mode & 0o777)).toEqual([0o600]);
    } finally {
      file.close();
      process.umask(umask);
    }
  });

  it('goes where cp would', async () => {
    const from = fileWith(image());
    expect((await xl(undefined, 'stream', 'copy', from, from)).err).toMatch(/are the same file/);
    expect((await xl(undefined, 'stream', 'copy', '-', folder)).err).toMatch(/is a directory/);
    const into = join(folder, 'into');
    mkdirSync(into);
    expect(await xl(undefined, 'stream', 'copy', from, into)).toMatchObject({ status: 0 });
    expect(readdirSync(into)).toHaveLength(1);
    expect(await xl(undefined, 'stream', 'copy', from, '/dev/null')).toMatchObject({ status: 0 });
    expect((await xl(undefined, 'stream', 'copy', '/nonexistent/a', into)).err).toMatch(
      /no such file or directory/,
    );
  });
});

describe('inspect', () => {
  it('prints a table', async () => {
    const path = fileWith(image(pageData(16, 2)));
    const { out, status } = await xl(undefined, 'stream', 'inspect', path);
    expect(status).toBe(0);
    expect(out.split('\n')).toEqual([
      'layer       index         offset  type                         length  content',
      expect.stringMatching(/^xl {14}- {14}0 {2}xl header +\d+ {2}byteOrder little-endian, .*domain g$/),
      expect.stringMatching(/^libxl {11}- .*libxl header +16 {2}version 2,/),
      expect.stringMatching(/^libxl {11}0 .*LIBXC_CONTEXT +0$/),
      expect.stringMatching(/^libxc {11}- .*image header +24 {2}version 3/),
      expect.stringMatching(
        /^libxc {11}- .*domain header +16 {2}type x86-hvm, pageShift 12, xenMajor 4, xenMinor 17$/,
      ),
      expect.stringMatching(/^libxc {11}0 .*STATIC_DATA_END +0$/),
      expect.stringMatching(/^libxc {11}1 .*PAGE_DATA +8216 {2}2 pfns 16\.\.17, 2 pages: NOTAB 2$/),
      expect.stringMatching(/^libxc {11}2 .*HVM_PARAMS +8 {2}params 0$/),
      expect.stringMatching(/^libxc {11}3 .*HVM_CONTEXT +8 {2}context 8 bytes/),
      expect.stringMatching(/^libxc {11}4 .*END +0$/),
      expect.stringMatching(/^libxl {11}1 .*END +0$/),
      expect.stringMatching(/^\d+ bytes, 7 records, 2 pages$/),
      '',
    ]);
  });

  it.each(golden)('has $name as JSON lines', async ({ path }) => {
    const { out, status } = await xl(undefined, 'stream', 'inspect', '--json', path);
    expect(status).toBe(0);
    const rows = out
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(rows.length).toBeGreaterThan(8);
    for (const row of rows) {
      expect(Object.keys(row)).toEqual(['layer', 'index', 'type', 'typeId', 'offset', 'length', 'fields']);
    }
    expect(rows[0]).toMatchObject({ layer: 'xl', index: null, type: 'xl header', typeId: null, offset: 0 });
    expect(rows).toContainEqual(
      expect.objectContaining({ layer: 'libxc', type: 'END', typeId: 0, length: 0 }),
    );
  });

  it('keeps control characters from the terminal', async () => {
    const name = JSON.stringify({ c_info: { name: '\x1b[2Jg\nh\x9b' } });
    const octets = Buffer.concat([encodeXlHeader(xlHeader(name)), ...head.slice(1), ...tail]);
    const { out } = await xl(undefined, 'stream', 'inspect', fileWith(octets));
    expect(out).toContain('domain \\u001b[2Jg\\u000ah\\u009b\n');
  });

  it('shows what came before a fault', async () => {
    const whole = image();
    const path = fileWith(whole.subarray(0, whole.length - 12));
    const { out, err, status } = await xl(undefined, 'stream', 'inspect', path);
    expect(out).toMatch(/HVM_CONTEXT/);
    expect(err).toMatch(/the image ends before its END/);
    expect(status).toBe(1);
  });

  it('starts at the layer that is there, or at none but the one on request', async () => {
    const octets = image().subarray((head[0]?.length ?? 0) + (head[1]?.length ?? 0) + (head[2]?.length ?? 0));
    const path = fileWith(octets.subarray(0, octets.length - 8));
    expect(await xl(undefined, 'stream', 'inspect', path)).toMatchObject({ status: 0 });
    expect(await xl(undefined, 'stream', 'inspect', '--start', 'libxc', path)).toMatchObject({ status: 0 });
    expect(await xl(undefined, 'stream', 'inspect', '--start', 'xl', path)).toMatchObject({ status: 1 });
    expect((await xl(undefined, 'stream', 'inspect', '--start=qemu', path)).err).toMatch(
      /--start.*xl, libvirt, libxl, libxc/,
    );
  });
});

describe('an image of virsh save', () => {
  const xml = new TextEncoder().encode("<domain type='xen'>\n</domain>\n\0");
  const header = encodeLibvirtHeader({ version: 2, unused: new Uint8Array(40), xml });
  const octets = Buffer.concat([header, image(pageData(0, 3)).subarray(head[0]?.length)]);

  it('is known by its magic', async () => {
    const path = fileWith(octets);
    expect(await xl(undefined, 'stream', 'verify', path)).toMatchObject({
      status: 0,
      out: expect.stringMatching(/: as specified: 7 records, 3 pages, 0 wrong/) as string,
    });
    const { out } = await xl(undefined, 'stream', 'inspect', path);
    expect(out).toMatch(/^libvirt +- +0 +libvirt header +95 +version 2, unused 40 bytes, xml 31 bytes$/m);
    expect(out).toMatch(/^libxl +- +95 +libxl header/m);
    const to = join(folder, 'libvirt-copy');
    expect(await xl(undefined, 'stream', 'copy', path, to)).toMatchObject({ status: 0 });
    expect(readFileSync(to).equals(octets)).toBe(true);
  });

  it('is no image where it is cut, and none of xl', async () => {
    const path = fileWith(octets.subarray(0, header.length - 1));
    const cut = await xl(undefined, 'stream', 'verify', path);
    expect(cut).toMatchObject({ status: 1 });
    expect(cut.out).toMatch(/truncated: the bytes end within libvirt's header/);
    const taken = await xl(undefined, 'stream', 'verify', '--start', 'xl', fileWith(octets));
    expect(taken.out).toMatch(/this is not a domain saved by xl/);
  });
});

describe('verify', () => {
  it.each(golden)('finds $name as specified', async ({ path }) => {
    const { out, status } = await xl(undefined, 'stream', 'verify', path);
    expect(out).toMatch(/: as specified: \d+ records, \d+ pages, 0 wrong, \d+ tolerated\n$/);
    expect(status).toBe(0);
  });

  it('names what stock tolerates', async () => {
    const { out, status } = await xl(undefined, 'stream', 'verify', fileWith(odd));
    expect(out).toMatch(
      /^tolerated libxc record 1 \(PAGE_DATA\) at byte \d+: reserved-not-zero: reserved is.*\(libxc spec/m,
    );
    expect(out).toMatch(/^tolerated .*optional-record/m);
    expect(status).toBe(0);
  });

  const good = image(pageData(0, 2));
  const recordAt = Buffer.concat(head).length;
  const with32 = (at: number, value: number) => {
    const copy = Buffer.from(good);
    copy.writeUInt32LE(value, at);
    return copy;
  };
  it.each<[string, Buffer, RegExp]>([
    ['nothing at all', Buffer.alloc(0), /xl at byte 0: truncated.*\n.*not as specified: 0 records/],
    ['no stream', Buffer.alloc(100, 0x20), /bad-magic.*not a domain saved by xl/],
    ['cut short in pages', good.subarray(0, recordAt + 5000), /\(PAGE_DATA\) at byte \d+: truncated/],
    ['cut short between records', good.subarray(0, recordAt), /truncated.*\n.*not read on from byte/],
    ['cut short at its last byte', good.subarray(0, -1), /libxl at byte \d+: truncated/],
    ['bytes after the end', Buffer.concat([good, Buffer.from('x')]), /octets-after-end/],
    ['many bytes after the end', Buffer.concat([good, Buffer.alloc(100)]), /octets-after-end/],
    [
      'an unknown mandatory record',
      with32(recordAt, 0x7fff),
      /wrong +libxc record 1 \(0x7fff\).*unknown-mandatory-record/,
    ],
    ['a count that the body cannot hold', with32(recordAt + 8, 4096), /bad-count: count is 4096/],
    ['a length beyond any', with32(recordAt + 4, 0xffffffff), /record-too-long/],
    ['a reserved page type', with32(recordAt + 20, 0x50000000), /bad-page-type/],
  ])('finds %s wrong', async (_, octets, expected) => {
    const { out, err, status } = await xl(undefined, 'stream', 'verify', fileWith(octets));
    expect(err).toBe('');
    expect(out).toMatch(expected);
    expect(out).toMatch(/: not as specified: .* [1-9]\d* wrong, .*\n$/);
    expect(status).toBe(1);
  });
});

describe('a source of octets', () => {
  it('gives the same whether it seeks, reads on, or comes in through a pipe', async () => {
    const octets = image(pageData(0, 1024), pageData(1024, 7), pageData(2000, 500));
    const path = fileWith(octets);
    const rows = (source: InputFile) => {
      const seen: string[] = [];
      const length = walk(source, {}, { event: (event) => seen.push(JSON.stringify(rowOf(event))) });
      source.close();
      return { seen, length };
    };
    const seeking = rows(InputFile.open(path, { seek: true }));
    expect(seeking.length).toBe(octets.length);
    expect(rows(InputFile.open(path, { seek: false }))).toEqual(seeking);
    const piped = pipedFrom(`cat '${path}'`);
    expect(rows(InputFile.open(piped.path, { seek: true }))).toEqual(seeking);
    await piped.closed;
  });

  it('needs no more memory for a long stream than for a short one', async () => {
    const [before, body, after] = [
      fileWith(Buffer.concat(head)),
      fileWith(pageData(0, 1024)),
      fileWith(Buffer.concat(tail)),
    ];
    const count = 96;
    const piped = pipedFrom(
      `cat '${before}'; for i in $(seq ${count}); do cat '${body}'; done; cat '${after}'`,
    );
    const source = InputFile.open(piped.path, { seek: true });
    const records = { pages: 0, octets: 0, most: 0 };
    const atFirst = process.memoryUsage.rss();
    walk(
      source,
      { strictness: 'verify', onDeviation: () => undefined },
      {
        event: (event) => {
          if (event.kind !== 'pages') return;
          records.pages += event.present;
          records.most = Math.max(records.most, process.memoryUsage.rss());
        },
        pages: (octets) => (records.octets += octets.length),
      },
    );
    source.close();
    await piped.closed;
    expect(records.pages).toBe(count * 1024);
    expect(records.octets).toBe(count * 1024 * 4096);
    expect(records.most - atFirst).toBeLessThan(64 * 2 ** 20);
  });
});

/** Makes a pipe that a shell writes into: unlike Node's own it blocks. */
function pipedFrom(script: string): { path: string; closed: Promise<unknown> } {
  const ends = blockingPipe();
  const child = spawn('sh', ['-c', script], { stdio: ['ignore', ends.writeEnd, 'inherit'] });
  closeSync(ends.writeEnd);
  const path = `/dev/fd/${ends.readEnd}`;
  const closed = new Promise((resolve) => child.once('close', resolve)).then(() => closeSync(ends.readEnd));
  return { path, closed };
}
