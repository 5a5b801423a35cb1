import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { saidUuid, stockConfiguration } from './stock-configuration.js';

const OWN = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-stock-configuration-'));
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** Installs `script` as the stock xl. */
function stockXl(script: string): void {
  const stock = join(folder, 'stock-xl');
  writeFileSync(stock, `#!/bin/sh\n${script}\n`);
  chmodSync(stock, 0o755);
  vi.stubEnv('MIG_STOCK_XL', stock);
}

/** Reads a file through that stock xl: the resulting configuration, and the lines shown to the operator. */
function readBy(script: string, file = 'g1.cfg') {
  stockXl(script);
  const lines: string[] = [];
  const log = { line: (text: string) => void lines.push(text) };
  return { read: stockConfiguration(file, log, OWN), lines };
}

test('it is what the stock xl prints, of any file name, and what it remarks is shown', async () => {
  const arguments_ = `printf '{"arguments": "%s"}\\n' "$(printf '[%s]' "$@")"`;
  const { read, lines } = readBy(`echo 'a remark' >&2\n${arguments_}`, '-a = b; $(c).cfg');
  expect(JSON.parse(await read)).toEqual({
    arguments: '[create][--dryrun][--quiet][--ignore-global-affinity-masks][--defconfig][-a = b; $(c).cfg]',
  });
  expect(lines).toEqual(['a remark']);
});

test('what it does not take is said in its own words', async () => {
  const { read, lines } = readBy('echo "g1.cfg:1: config parsing error" >&2\nexit 3');
  await expect(read).rejects.toThrow(
    'g1.cfg is no configuration that the stock xl takes: it ended with status 3',
  );
  expect(lines).toEqual(['g1.cfg:1: config parsing error']);
});

test.each([
  ['kill -TERM $$', /it died of SIGTERM$/],
  ["printf '(domain\\n (domid -1))\\n'", /^xl.conf of this host has output_format="sxp"/],
  ["printf '\\377'", /is not text in UTF-8$/],
  ['exit 0', /^what the stock xl has printed of it is not JSON/],
  ["echo '[]'", /^what the stock xl has printed of it is not a JSON object/],
  ['head -c 3000000 /dev/zero', /^g1.cfg is no configuration that the stock xl takes: .*maxBuffer/],
])('%s is no configuration', async (script, problem) => {
  const { read } = readBy(script);
  await expect(read).rejects.toThrow(problem);
});

const configured = (uuid: string) => JSON.stringify({ c_info: { uuid } });

test('a UUID that the file says is the same each time', async () => {
  stockXl(`echo '${configured('of the file')}'; echo 'a remark, again' >&2`);
  expect(await saidUuid('g1.cfg', configured('of the file'), 'its own', OWN)).toBe('of the file');
});

test('one that is made up is another each time', async () => {
  stockXl(`echo '${configured('made up')}'`);
  expect(await saidUuid('g1.cfg', configured('made up before'), 'its own', OWN)).toBeUndefined();
});

test("where it is the domain's own nobody is asked again", async () => {
  stockXl('exit 1');
  expect(await saidUuid('g1.cfg', configured('its own'), 'its own', OWN)).toBe('its own');
});

test('without a stock xl there is nobody to read it', async () => {
  vi.stubEnv('MIG_STOCK_XL', join(folder, 'none'));
  await expect(stockConfiguration('g1.cfg', { line: () => undefined }, OWN)).rejects.toThrow(
    /^MIG_STOCK_XL names .*, which is no program$/,
  );
});
