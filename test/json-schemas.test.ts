/**
 * Validates what `--json` prints against the schemas that @mig/xl ships, and checks that docs/json.md names each
 * schema and each code of a reason.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { describe, expect } from 'vitest';
import { faultsIn } from '../apps/xl/src/view/events-schema.test-support.js';
import type { TestHost } from './harness/test-host.js';
import { test } from './harness/two-hosts.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const document = readFileSync(`${root}docs/json.md`, 'utf8');
const schemas = readdirSync(`${root}apps/xl/schema`).map((file) => file.replace('.schema.json', ''));

describe.concurrent('what is printed is as the schema says', () => {
  test('of a host, a domain and a saved one', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    expect(await faults('list', source, 'list', '--json')).toEqual([]);
    expect(await faults('info', source, 'info', '--json')).toEqual([]);
    expect(await faults('cordon', source, 'cordon', '--status', '--json')).toEqual([]);
    expect(await faults('dirty-rate', source, 'dirty-rate', '--json', '--period', '0.5', 'busy')).toEqual([]);
    const estimate = ['migrate', '--estimate', '--json', '--period', '0.5', '--link', '1Gbit/s', 'busy'];
    expect(await faults('migrate-estimate', source, ...estimate)).toEqual([]);
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image);
    expect(await faultsOfLines('stream-inspect', source, 'stream', 'inspect', '--json', image)).toEqual([]);
  });

  test('of a migration, steered and stopped', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    const trace = hosts.path('busy.trace');
    const options = ['--trace', trace, '--trace-bitmaps', '--max-downtime', '300', '--bandwidth', '1MB/s'];
    const migration = hosts.migrate({ options });
    await migration.untilEvent('the first pass', ({ event }) => event === 'pass-started');
    expect(await faultsOfLines('migrate-status', source, 'migrate-status', '--json')).toEqual([]);
    const set = ['migrate-set', '--json', '--bandwidth', '500kB/s', '--timeout', '600', 'busy'];
    expect(await faultsOfLines('migrate-status', source, ...set)).toEqual([]);
    expect(await faultsOfLines('migrate-status', source, 'migrate-abort', '--json', 'busy')).toEqual([]);
    expect(await migration.ended).toMatchObject({ status: 7 });
    expect(migration.events().flatMap(faultsIn('migrate-events'))).toEqual([]);
    expect(migration.events().at(-1)).toMatchObject({
      event: 'failed',
      stoppedBy: 'operator',
      options: { maxDowntimeMilliseconds: 300, timeoutMilliseconds: 600_000, bandwidth: 500_000 },
    });
    expect(await faultsOfLines('trace-show', source, 'trace', 'show', '--json', trace)).toEqual([]);
  });
});

test.for(schemas)(
  '%s is a schema that plain ajv takes, with its version, and docs/json.md names it',
  (name) => {
    const path = createRequire(`${root}apps/xl/package.json`).resolve(`@mig/xl/schema/${name}.schema.json`);
    const schema = JSON.parse(readFileSync(path, 'utf8')) as { title: string };
    expect(() => faultsIn(name)).not.toThrow();
    expect(schema.title).toMatch(/, version \d+(: a line)?$/);
    expect(document).toContain(`\`${name}\``);
  },
);

test('docs/json.md has every code of a reason', () => {
  expect(codes.length).toBeGreaterThan(8);
  expect(codes.filter((code) => !document.includes(`\`${code}\``))).toEqual([]);
});

/** The codes that policies and toolstacks give, wherever in the code. */
const codes = ['packages/sender', 'packages/hypervisor-xen', 'apps/xl'].flatMap((folder) =>
  readdirSync(`${root}${folder}/src`, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !/\.test(-support)?\.ts$/.test(file))
    .map((file) => readFileSync(`${root}${folder}/src/${file}`, 'utf8'))
    .flatMap((text) => [...text.matchAll(/code: '([\w-]+)',\s+sentence\b/g)].map(([, code]) => code!)),
);

async function faults(name: string, host: TestHost, ...args: string[]): Promise<string[]> {
  return faultsIn(name)(JSON.parse(await host.done(...args)));
}

async function faultsOfLines(name: string, host: TestHost, ...args: string[]): Promise<string[]> {
  const lines = (await host.done(...args)).trim().split('\n');
  return lines.flatMap((line) => faultsIn(name)(JSON.parse(line)));
}
