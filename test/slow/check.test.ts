/** Tests of `xl migrate --check`: its findings, its questions, and that it changes nothing. */
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { describe, expect } from 'vitest';
import { checkTable, PREFLIGHT_GREETING } from '@mig/protocol/preflight';
import { BANNER } from '@mig/protocol/handshake';
import { faultsIn } from '../../apps/xl/src/view/events-schema.test-support.js';
import { expectMoved, expectRunsOn } from '../harness/expectations.js';
import { Program } from '../harness/program.js';
import { quoted } from '../harness/relay.js';
import { test, type TwoHosts } from '../harness/two-hosts.js';

interface Checked {
  readonly status: number | string;
  readonly verdict: string;
  /** The outcome and the finding of each check, by name. */
  readonly found: Readonly<Record<string, string>>;
  readonly stderr: string;
}

/** Checks through a script in place of ssh, which runs the given command with the target's `xl`. */
async function check(
  hosts: TwoHosts,
  { target = receiving(hosts), options = [] }: { target?: string; options?: readonly string[] } = {},
): Promise<Checked> {
  return judged(hosts, ['-s', await ssh(hosts, target), ...options], 'host2');
}

/** Checks through a command of the operator's own. */
function checkBy(hosts: TwoHosts, command: string): Promise<Checked> {
  return judged(hosts, ['-s', ''], command);
}

async function judged(hosts: TwoHosts, options: readonly string[], target: string): Promise<Checked> {
  const { status, stdout, stderr } = await hosts.source.xl(
    'migrate',
    '--check',
    '--json',
    ...options,
    'busy',
    target,
  );
  const json = JSON.parse(stdout) as {
    verdict: string;
    checks: { at: string; check: string; outcome: string; sentence: string }[];
  };
  expect(faultsIn('migrate-check')(json)).toEqual([]);
  const found = Object.fromEntries(
    json.checks.map(({ check, outcome, sentence }) => [check, `${outcome}: ${sentence}`]),
  );
  expect(Object.keys(found)).toHaveLength(json.checks.length);
  for (const { at, check } of json.checks) expect(checkTable[check as keyof typeof checkTable].at).toBe(at);
  return { status, verdict: json.verdict, found, stderr };
}

function receiving(hosts: TwoHosts): string {
  return `exec env ${hosts.target.command()} "$@"`;
}

/** @param xl a script that serves as the target's `xl`; none if it is empty */
async function ssh(hosts: TwoHosts, xl: string): Promise<string> {
  const bin = hosts.path('bin');
  await mkdir(bin, { recursive: true });
  if (xl !== '') await script(`${bin}/xl`, xl);
  return script(hosts.path('ssh'), `shift\nPATH=${quoted(bin)}:/usr/bin:/bin exec sh -c "$*"`);
}

async function script(path: string, text: string): Promise<string> {
  await writeFile(path, `#!/bin/sh\n${text}\n`);
  await chmod(path, 0o755);
  return path;
}

const outcomesOf = ({ found }: Checked): Record<string, string> =>
  Object.fromEntries(Object.entries(found).map(([check, said]) => [check, said.split(':', 1)[0]!]));

describe.concurrent('a target that is mig', () => {
  test('has nothing in the way, and nothing is touched at either end', async ({ hosts }) => {
    const console = await hosts.source.create();
    const [before] = await hosts.source.domains();
    const checked = await check(hosts);
    expect(checked).toMatchObject({ status: 0, verdict: 'passed', stderr: '' });
    expect(outcomesOf(checked)).toEqual({
      domain: 'passed', 'away-name': 'passed', log: 'passed', reach: 'passed', host: 'passed',
      cordon: 'passed', arrivals: 'passed', kind: 'passed',
      configuration: 'passed', name: 'passed', uuid: 'passed', memory: 'passed',
    }); // prettier-ignore
    expect(await hosts.target.domains()).toEqual([]);
    const [after] = await hosts.source.domains();
    expect(after).toEqual({ ...before, cpuSeconds: expect.any(Number) as number });
    await expectRunsOn(hosts.source, console);
  });

  test('is asked by a command of the operator’s own, and says so in words', async ({ hosts }) => {
    await hosts.source.create();
    const { status, stdout } = await hosts.source.xl(
      'migrate', '--check', '-s', '', 'busy', hosts.target.command('migrate-receive', '--check'),
    ); // prettier-ignore
    expect(status).toBe(0);
    expect(stdout).toMatch(/^passed {2}domain {9}busy runs, and no other command has it\n/);
    expect(stdout).toMatch(
      /\nNothing that could be looked at is in the way of a migration of busy to the target\n$/,
    );
  });

  test('has a domain of its name', async ({ hosts }) => {
    await hosts.source.create();
    await hosts.target.create();
    const checked = await check(hosts);
    expect(checked).toMatchObject({
      status: 1,
      verdict: 'failed',
      found: {
        name: 'failed: there is a domain called busy already, domid 1',
        uuid: expect.stringMatching(/^passed/) as string,
      },
    });
  });

  test('has the domain itself, and its domid', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create();
    await source.done('save', '-c', 'busy', hosts.path('image'));
    await target.done('restore', '-p', hosts.path('image'));
    const checked = await check(hosts, { options: ['-D'] });
    expect(checked.status).toBe(1);
    expect(checked.found).toMatchObject({
      uuid: 'failed: busy, domid 1, is this very domain, and is here already',
      domid: 'failed: domid 1 is taken',
    });
  });

  test('may be the source', async ({ hosts }) => {
    await hosts.source.create();
    const itself = `exec env ${hosts.source.command()} "$@"`;
    expect(await check(hosts, { target: itself })).toMatchObject({ status: 0, verdict: 'passed' });
  });

  test('has no room for the memory', async ({ hosts }) => {
    await hosts.source.create();
    const checked = await check(hosts, { target: `ulimit -f 8\n${receiving(hosts)}` });
    expect(checked.status).toBe(1);
    expect(checked.found['memory']).toBe(
      'failed: its memory, 16 MiB, is beyond the limit of file sizes (ulimit -f)',
    );
  });

  test('has a folder that is no host', async ({ hosts }) => {
    await hosts.source.create();
    await mkdir(hosts.target.folder);
    await writeFile(`${hosts.target.folder}/letter`, 'somebody’s');
    const checked = await check(hosts);
    expect(checked).toMatchObject({ status: 1, verdict: 'failed' });
    expect(checked.found['host']).toMatch(/^failed: .*target.* contains other files/);
    expect(await readdir(hosts.target.folder)).toEqual(['letter']);
    await writeFile(`${hosts.target.folder}/letter`, '');
  });

  test('may not use its folder', async ({ hosts, skip }) => {
    if (process.getuid?.() !== 0) return skip('only root can become somebody else');
    await hosts.source.create();
    await hosts.target.create();
    const other = `exec setpriv --reuid 65534 --clear-groups ${receiving(hosts).replace('exec ', '')}`;
    await chmod(dirname(hosts.target.folder), 0o755);
    const checked = await check(hosts, { target: other });
    expect(checked).toMatchObject({ status: 1, verdict: 'failed' });
    expect(checked.found['host']).toMatch(
      /^failed: .*belongs to another user|^failed: .*cannot be (read|made)/,
    );
  });

  test('takes no configuration of that kind', async ({ hosts }) => {
    await hosts.source.create();
    const question = { version: 1, configuration: '{"c_info":{"type":"pvh","name":"g1"},"b_info":{}}' };
    const { stdout } = await asked(hosts, JSON.stringify(question));
    expect(stdout).toMatch(
      /^mig-preflight\n.*"check":"kind","outcome":"failed","sentence":"this is a PVH domain/,
    );
  });

  test.for([
    ['nonsense', 'nonsense', 'the question is not JSON'],
    ['a later version', '{"version":2,"configuration":"{}"}', 'the question is not of version 1'],
    ['too much', 'x'.repeat(5 * 2 ** 20), 'the question has more than 4194304 bytes'],
  ] as const)('answers no question that is none: %s', async ([, question, said], { hosts }) => {
    const { status, stdout, stderr } = await asked(hosts, question);
    expect({ status, stdout }).toEqual({ status: 1, stdout: 'mig-preflight\n' });
    expect(stderr).toContain(said);
  });
});

/** The target's answer to a question. */
async function asked(hosts: TwoHosts, question: string) {
  const file = hosts.path('question');
  await writeFile(file, `${question}\n`);
  const command = `cat ${quoted(file)} | ${hosts.target.command('migrate-receive', '--check')}`;
  return new Program('sh', ['-c', command], { environment: {} }).ended;
}

describe.concurrent('the source', () => {
  test('sees that its domain is not to be had', async ({ hosts }) => {
    const { source } = hosts;
    await source.create();
    await source.create({ name: 'busy--migratedaway', kernel: 'idle', cmdline: '' });
    await source.done('pause', 'busy');
    const checked = await check(hosts);
    expect(checked.found).toMatchObject({
      domain: 'passed: busy is paused, and no other command has it',
      'away-name':
        'failed: domain 2 is called busy--migratedaway here, which this one is to be once it is sent',
    });
    expect(checked.status).toBe(1);
  });

  test('refuses what goes with no check', async ({ hosts }) => {
    await hosts.source.create();
    for (const [option, said] of [
      [['--estimate'], '--check with --estimate'],
      [['--trace', hosts.path('trace')], '--trace with --check'],
      [['--period', '1'], '--period without --estimate'],
    ] as const) {
      const { status, stderr } = await hosts.source.xl('migrate', '--check', ...option, 'busy', 'host2');
      expect(status).toBe(2);
      expect(stderr).toContain(said);
    }
    const { status } = await hosts.source.xl('migrate', '--check', 'busy');
    expect(status).toBe(2);
  });

  test('refuses a policy that a migration would refuse', async ({ hosts }) => {
    await hosts.source.create();
    const missing = hosts.path('missing.mjs');
    const options = [
      '--check',
      '--policy',
      missing,
      '-s',
      '',
      'busy',
      hosts.target.command('migrate-receive', '--check'),
    ];
    const { status, stdout, stderr } = await hosts.source.xl('migrate', ...options);
    expect(stderr).toContain(missing);
    expect(stdout).toBe('');
    expect(status).toBe(2);
  });

  test('and its opposite are refused, in either order and at either end', async ({ hosts }) => {
    const console = await hosts.source.create();
    for (const both of [
      ['--check', '--no-check'],
      ['--no-check', '--check'],
    ]) {
      for (const command of [
        ['migrate', ...both, '-s', '', 'busy', hosts.target.command('migrate-receive')],
        ['migrate-receive', ...both],
      ]) {
        const { status, stderr } = await hosts.source.xl(...command);
        expect(stderr).toBe('xl: --check with --no-check: one or the other\n');
        expect(status).toBe(2);
      }
    }
    await expectRunsOn(hosts.source, console);
  });

  test('--no-check, at both ends, moves a domain as without', async ({ hosts }) => {
    const console = await hosts.source.create();
    const migration = hosts.migrate({ options: ['--no-check'], receive: ['--no-check'] });
    expect(await migration.ended).toMatchObject({ status: 0 });
    await expectMoved(hosts, console);
  });
});

const INFO = `host                   : elsewhere
total_memory           : 2000
free_memory            : 1000
xen_major              : 4
xen_minor              : 20
xen_caps               : xen-3.0-x86_64 hvm-3.0-x86_32 
`;
const LIST = `Name                                        ID   Mem VCPUs\tState\tTime(s)   UUID                            Reason-Code\tSecurity Label
Domain-0                                     0  1000     1     r-----      12.3 00000000-0000-0000-0000-000000000000        -                  -
`;
/** A script of an xl without --check, as stock's. */
const stock = (info: string, list = LIST) => `case $1 in
info) cat <<'end'
${info}end
;;
list) cat <<'end'
${list}end
;;
*) echo "xl: unrecognized option '--check'" >&2; exit 2 ;;
esac`;

describe.concurrent('a target that is no mig', () => {
  test('of another kind is told by what it says', async ({ hosts }) => {
    await hosts.source.create();
    const checked = await check(hosts, { target: stock(INFO) });
    expect(checked).toMatchObject({
      status: 1,
      verdict: 'failed',
      found: {
        reach: 'passed: it was reached, and an xl answers there',
        kind: 'failed: this is a WebAssembly domain, and Xen there runs none',
      },
      stderr: '',
    });
  });

  test('that is an older mig is asked what it can say, and the rest is not known', async ({ hosts }) => {
    await hosts.source.create();
    await hosts.target.create();
    const xl = `case $* in *--check*) echo 'unknown option' >&2; exit 2 ;; esac\n${receiving(hosts)}`;
    const checked = await check(hosts, { target: xl });
    expect(checked.status).toBe(1);
    expect(outcomesOf(checked)).toMatchObject({
      kind: 'passed', configuration: 'unknown', name: 'failed', uuid: 'passed', memory: 'unknown',
    }); // prettier-ignore
    await hosts.target.done('destroy', 'busy');
    const free = await check(hosts, { target: xl });
    expect(free).toMatchObject({ status: 3, verdict: 'unknown' });
  });

  test('that has no xl', async ({ hosts }) => {
    await hosts.source.create();
    const checked = await check(hosts, { target: '' });
    expect(checked).toMatchObject({ status: 1, verdict: 'failed' });
    expect(checked.found['reach']).toMatch(
      /^failed: no xl answers there: .* status 127 \(.*xl.*not found\); is xl \(or mig\) installed on host2/,
    );
  });

  test('that is not reached', async ({ hosts }) => {
    await hosts.source.create();
    const none = await script(
      hosts.path('no-route'),
      'echo "ssh: connect to host host2: No route to host" >&2; exit 255',
    );
    const { found, status } = await judged(hosts, ['-s', none], 'host2');
    expect(status).toBe(1);
    expect(found['reach']).toBe(
      `failed: it was not reached: ${none} exited with status 255 (ssh: connect to host host2: No route to host); host2 is not reached: is it up, and does a firewall let ssh through?`,
    );
  });

  test('that does not answer', async ({ hosts }) => {
    await hosts.source.create();
    const checked = await check(hosts, { target: 'exec sleep 600', options: ['--banner-timeout', '0.5'] });
    expect(checked).toMatchObject({ status: 1, found: { reach: 'failed: it did not answer within 0.5 s' } });
  });

  test('that only starts the receiving end', async ({ hosts }) => {
    await hosts.source.create();
    const own = await checkBy(hosts, hosts.target.receiver());
    expect(own).toMatchObject({ status: 3, verdict: 'unknown' });
    expect(own.found['reach']).toBe(
      'unknown: the receiving end itself was started there: write --check into the command',
    );
    const forced = await check(hosts, { target: hosts.target.receiver() });
    expect(forced.found['reach']).toMatch(
      /^unknown: the receiving end itself was started there: whoever logs in/,
    );
    expect(await hosts.target.domains()).toEqual([]);
  });

  test.for([
    ['nothing', '', 'its answer did not come'],
    ['nonsense', 'nonsense', 'its answer is not JSON'],
    [
      'an outcome that there is not',
      '{"version":1,"checks":[{"check":"name","outcome":"fine","sentence":""}]}',
      'its answer has an outcome of name that there is not',
    ],
    ['a later version', '{"version":2,"checks":[]}', 'its answer is not of version 1'],
    ['more than it may', 'x'.repeat(300_000), 'its answer has more than 262144 bytes'],
  ] as const)('that greets, and answers %s', async ([, answer, said], { hosts }) => {
    await hosts.source.create();
    const file = hosts.path('answer');
    await writeFile(file, answer === '' ? '' : `${answer}\n`);
    const target = `echo Welcome; echo ${PREFLIGHT_GREETING}; read -r question; cat ${quoted(file)}`;
    const checked = await check(hosts, { target });
    expect(checked).toMatchObject({ status: 3, verdict: 'unknown' });
    expect(checked.found['reach']).toBe(`unknown: it was reached, and ${said}`);
  });

  test('that floods', async ({ hosts }) => {
    await hosts.source.create();
    const checked = await check(hosts, { target: 'exec yes' });
    expect(checked).toMatchObject({ status: 1, verdict: 'failed' });
    expect(checked.found['reach']).toBe('failed: it was reached, and what answers there is no xl');
  });

  test('whose words drive no terminal', async ({ hosts }) => {
    await hosts.source.create();
    const target = `printf '\\033[2J' >&2; exit 1`;
    const { stdout } = await hosts.source.xl(
      'migrate',
      '--check',
      '-s',
      await ssh(hosts, target),
      'busy',
      'host2',
    );
    expect(stdout).toContain(String.raw`\u001b[2J`);
    expect(stdout).not.toContain('\u001b');
  });
});

test('the banner is one line, as it is looked for', () => {
  expect(new TextDecoder().decode(BANNER)).toMatch(/^[^\n]+\n$/);
});
