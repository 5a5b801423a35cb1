/** Tests of refusals before the domain is touched: the command line, and a target with a wrong greeting. */
import { existsSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { containing, expectEmpty, expectRunsOn, matching } from './harness/expectations.js';
import type { GuestConsole } from './harness/guest-console.js';
import { TwoHosts } from './harness/two-hosts.js';

// One guest for all tests: none of them may affect it.
let hosts: TwoHosts;
let console: GuestConsole;
let marker: string;

beforeAll(async () => {
  hosts = await TwoHosts.open();
  console = await hosts.source.create();
  marker = hosts.path('target-was-run');
});

afterAll(() => hosts.close());

const takingNumbers = [
  { name: '--precopy-iterations', short: '-i' },
  { name: '--precopy-threshold', short: '-d' },
];
const refusedOptions = takingNumbers.flatMap(({ name, short }) => [
  ...['-1', '1.5', '', '9007199254740992', '5x', '1e3', ' 5'].map((value) => ({
    name,
    value,
    options: [name, value],
  })),
  ...['-1', '', '5x'].map((value) => ({ name, value, options: [short, value] })),
  { name, value: '', options: [`${name}=`] },
]);

describe.concurrent('a value that is no whole number', () => {
  test.for(refusedOptions)('is refused: $options', async ({ name, value, options }) => {
    const { status, stderr } = await hosts.migrate({ options, command: `touch ${marker}` }).ended;
    expect(status).toBe(2);
    expect(stderr).toContain(`xl: ${name} must be a whole number`);
    expect(stderr).toContain(`not '${value}'`);
  });
});

const policyOptions: readonly {
  readonly name: string;
  readonly values: readonly string[];
  readonly expected: RegExp;
}[] = [
  {
    name: '--max-downtime',
    values: ['0', '-1', '1.5', '', '5x', '300ms', '1000000001', 'Infinity'],
    expected: /must be a whole number of milliseconds from 1 to 1000000000, for example 300,/,
  },
  {
    name: '--timeout',
    values: ['0', '-1', '', '5s', '1e3', '1000001', 'NaN', '.5', '0.0'],
    expected: /must be a number of seconds above 0, at most 1000000/,
  },
  {
    name: '--bandwidth',
    values: ['0', '100', '100Mb', 'fast', '', '-1Mbit/s', '1bit/s', '1e9Gbit/s', '10 parsecs', '100Mbit/h'],
    expected: /must be a rate that says whether bits or bytes are meant, such as 100Mbit\/s/,
  },
];
const refusedValues = policyOptions.flatMap(({ name, values, expected }) =>
  values.map((value) => ({ name, value, expected })),
);

describe.concurrent('an option of the policy', () => {
  test.for(refusedValues)('$name is refused the value "$value"', async ({ name, value, expected }) => {
    const options = [`${name}=${value}`];
    const { status, stderr } = await hosts.migrate({ options, command: `touch ${marker}` }).ended;
    expect(status).toBe(2);
    expect(stderr).toContain(`xl: ${name} `);
    expect(stderr).toMatch(expected);
    expect(stderr).toContain(`not '${value}'`);
  });

  const nonsense: readonly { readonly options: readonly string[]; readonly says: RegExp }[] = [
    { options: ['--timeout', '5', '--timeout-action', 'panic'], says: /--timeout-action must be suspend or abort, not 'panic'/ },
    { options: ['--timeout-action', 'abort'], says: /--timeout-action without --timeout/ },
    { options: ['--abort-if-busy', '-i', '0'], says: /--abort-if-busy with --precopy-iterations 0/ },
    { options: ['--bandwidth-always'], says: /--bandwidth-always without --bandwidth/ },
    { options: ['--estimate', '--trace', 'a.trace'], says: /--trace with --estimate: nothing is moved/ },
    { options: ['--estimate', '--report', 'a.html'], says: /--report with --estimate: nothing is moved/ },
    { options: ['--bandwidth', '1kbit/s'], says: /from 8 kbit\/s to 8 Tbit\/s, not '1kbit\/s'/ },
    { options: ['--abort-if-busy=yes'], says: /--abort-if-busy/ },
    { options: ['--policy', '/nowhere/policy.mjs'], says: /--policy \/nowhere\/policy\.mjs cannot be loaded: Cannot find module/ },
    { options: ['--policy', '/dev'], says: /--policy \/dev cannot be loaded/ },
  ]; // prettier-ignore
  test.for(nonsense)('is refused: $options', async ({ options, says }) => {
    const { status, stderr } = await hosts.migrate({ options, command: `touch ${marker}` }).ended;
    expect({ status, stderr }).toEqual({ status: 2, stderr: matching(says) });
  });

  const modules: readonly { readonly what: string; readonly text: string; readonly says: RegExp }[] = [
    { what: 'has no default export', text: 'export const policy = () => {};', says: /has no function as its default export/ },
    { what: 'exports no function', text: 'export default { decision: 1 };', says: /has no function as its default export/ },
    { what: 'does not parse', text: 'export default (', says: /cannot be loaded: Unexpected/ },
    { what: 'throws while it is loaded', text: 'throw new Error("not today");', says: /cannot be loaded: not today/ },
  ]; // prettier-ignore
  test.for(modules)('--policy is refused a module that $what', async ({ what, text, says }) => {
    const path = hosts.path(`${what.replaceAll(' ', '-')}.mjs`);
    writeFileSync(path, text);
    const options = ['--policy', path];
    const { status, stderr } = await hosts.migrate({ options, command: `touch ${marker}` }).ended;
    expect({ status, stderr }).toEqual({ status: 2, stderr: matching(says) });
    expect(stderr).toContain(`--policy ${path}`);
  });
});

const misuses: readonly {
  readonly args: readonly string[];
  readonly status: number;
  readonly says: RegExp;
}[] = [
  { args: ['migrate'], status: 2, says: /'xl migrate' requires at least 2 arguments/ },
  { args: ['migrate', 'busy'], status: 2, says: /'xl migrate' requires at least 2 arguments/ },
  { args: ['migrate', '--warp', 'busy', 'host'], status: 2, says: /option `--warp' not supported/ },
  {
    args: ['migrate', '-s', '', 'nobody', 'false'],
    status: 1,
    says: /nobody is an invalid domain identifier/,
  },
  { args: ['migrate', '-s', '', '77', 'false'], status: 1, says: /Domain '77' does not exist/ },
  { args: ['migrate', '-C', '/nowhere.cfg', '-s', '', 'busy', 'false'], status: 1, says: /\/nowhere\.cfg/ },
  { args: ['migrate-receive', '-r'], status: 2, says: /migrate-receive -r is not supported/ },
  { args: ['migrate-receive', '--colo'], status: 2, says: /migrate-receive --colo is not supported/ },
  { args: ['restore'], status: 2, says: /requires at least 1 argument/ },
  { args: ['save', 'busy'], status: 2, says: /requires at least 2 arguments/ },
  { args: ['save', 'nobody', '/dev/null'], status: 1, says: /nobody is an invalid domain identifier/ },
  { args: ['restore', '/nowhere.image'], status: 1, says: /\/nowhere\.image: no such file/ },
];

describe('a configuration that is beyond its limits is refused by', () => {
  const base = 'name = "busy"\ntype = "wasm"\nkernel = "idle"\n';
  test.for([
    ['create', (file: string) => ['create', file]],
    ['save', (file: string) => ['save', 'busy', `${file}.image`, file]],
    ['restore', (file: string) => ['restore', file, `${file}.image`]],
    ['migrate -C', (file: string) => ['migrate', '-C', file, '-s', '', 'busy', `touch ${marker}`]],
  ] as const)('%s', async ([name, args]) => {
    const file = hosts.path(`${name}.cfg`);
    const refused = async (text: string, says: RegExp) => {
      writeFileSync(file, text);
      expect(await hosts.source.xl(...args(file))).toMatchObject({ status: 1, stderr: matching(says) });
    };
    await refused(base.padEnd(2 ** 18 + 1), /\.cfg has more than 262144 bytes, so it is no domain config/);
    await refused(`${base}cmdline = "${'x'.repeat(5000)}"`, /\.cfg:4:11: cmdline makes a command line of/);
    await refused(base.replace('busy', String.raw`\x1b[2J`), /\.cfg:1:8: name must not hold control char/);
    expect(existsSync(`${file}.image`)).toBe(false);
    await expectRunsOn(hosts.source, console);
  });
});

describe.concurrent('a command line', () => {
  test.for(misuses)('that is amiss is refused: $args', async ({ args, status, says }) => {
    const ended = await hosts.source.xl(...args);
    expect(ended).toMatchObject({ status, stderr: matching(says) });
  });

  test.for(['-r', '--colo'])('with %s is refused by xl-receive too', async (option) => {
    const ended = await hosts.target.receive(option);
    expect(ended).toMatchObject({
      status: 2,
      stderr: containing(`${option} is not supported`),
    });
  });
});

const greetings: readonly { readonly command: string; readonly says: readonly string[] }[] = [
  {
    command: "echo 'Welcome to far, where nobody is at home'; exec cat >/dev/null",
    says: ['"Welcome to far, where nobody is at home" in place of its banner', 'a shell greeting'],
  },
  {
    command: 'exec /nowhere/xl migrate-receive',
    says: ['/nowhere/xl', 'no banner', 'exited with error status 127'],
  },
  { command: 'exit 7', says: ['no banner', 'exited with error status 7'] },
  { command: 'exec true', says: ['no banner', 'before it said anything'] },
  { command: "printf '<html><body>hello'", says: ['"<html><body>hello"', 'a web server answered'] },
  { command: "printf 'xl migration recei'", says: ['broke off within its banner'] },
  { command: "printf '\\001\\002\\377'", says: [String.raw`"\u0001\u0002` + '\ufffd"'] },
];

// One at a time: they all migrate the same domain.
describe('a target', () => {
  test.for(greetings)('that does not greet as it should is refused: $command', async ({ command, says }) => {
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    for (const each of [...says, 'busy was not touched', command]) expect(stderr).toContain(each);
    await expectRunsOn(hosts.source, console);
  });

  test('whose shell prints before the banner is refused, and receives nothing', async () => {
    const command = `echo 'far: 3 users'; ${hosts.target.receiver()}`;
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain('"far: 3 users" in place of its banner');
    expect(stderr).toContain('busy was not touched');
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);
  });
});

test('after all this the target was never run, and the domain runs as before', async () => {
  expect(existsSync(marker)).toBe(false);
  await expectRunsOn(hosts.source, console);
});
