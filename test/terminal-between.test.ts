/**
 * Tests of a terminal between the two ends (ssh -t, RequestTTY), which changes octets in either direction:
 * the error names it.
 */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectRunsOn } from './harness/expectations.js';
import { quoted } from './harness/relay.js';
import { test } from './harness/two-hosts.js';

const BANNER = 'xl migration receiver ready, send binary domain data.';
const terminals = spawnSync('script', ['--version']).status === 0;
/** Runs a shell command on a terminal, where its output is mixed with its errors. */
const onTerminal = (command: string) => `script -qec ${quoted(command)} /dev/null`;

describe.concurrent('a line end that became another on the way back', () => {
  test('is a terminal, and no greeting', async ({ hosts }) => {
    const console = await hosts.source.create();
    const command = `${hosts.target.command('migrate-receive')} | sed -u 's/$/\\r/'`;
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^Migration failed: the target's banner ends with a carriage return: a terminal is between the two ends, and would change the stream; 'ssh -T' as SSHCOMMAND goes without one\.$/m,
    );
    expect(stderr).toContain('busy was not touched');
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);
  });

  test.skipIf(!terminals)('of a receiver that is not ours, on a real terminal', async ({ hosts }) => {
    const console = await hosts.source.create();
    const command = onTerminal(`printf '${BANNER}\\n'; sleep 0.1`);
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toContain("the target's banner ends with a carriage return: a terminal is between");
    await expectRunsOn(hosts.source, console);
  });
});

describe.concurrent('a line end that became another on the way there', () => {
  const changes = [
    { what: 'CR as LF', filter: "tr '\\r' '\\n'" },
    { what: 'LF as CR LF', filter: "sed -u 's/$/\\r/'" },
    { what: 'CR left out', filter: "tr -d '\\r'" },
  ];
  test.for(changes)('is said by the target: $what', async ({ filter }, { hosts }) => {
    const console = await hosts.source.create();
    const command = `${filter} | ${hosts.target.command('migrate-receive')}`;
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /migration target: .*a domain saved by xl whose line ends were changed on the way, by a terminal \(ssh -T goes without one\) or a transfer as text/,
    );
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);
  });

  test('is said of a file, too', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image);
    spawnSync('sh', ['-c', `tr '\\r' '\\n' < ${quoted(image)} > ${quoted(`${image}.text`)}`]);
    const refused = { status: 1, stderr: containing('whose line ends were changed on the way') };
    expect(await target.xl('restore', `${image}.text`)).toMatchObject(refused);
    expect(await target.xl('stream', 'inspect', `${image}.text`)).toMatchObject(refused);
    await target.done('restore', image);
  });
});

describe.skipIf(!terminals).concurrent('our receiver on a terminal (needs script)', () => {
  test('says so to whoever is there, and the source says it again', async ({ hosts }) => {
    const console = await hosts.source.create();
    const receiver = hosts.target.command('migrate-receive');
    const alone = spawnSync('script', ['-qec', receiver, '/dev/null'], { encoding: 'utf8' });
    expect(alone.stdout).toContain(
      'migrate-receive is started by xl migrate on the other host, through pipes: standard input is a terminal',
    );
    expect(alone.status).toBe(1);
    // As with ssh -t: its output comes back, and what is sent goes nowhere.
    const command = onTerminal(receiver);
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(status).toBe(1);
    expect(stderr).toMatch(/in place of its banner: a terminal is between the two ends, .*ssh -T/);
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);
  });

  test('is known when the link is measured', async ({ hosts }) => {
    await hosts.source.create({ kernel: 'idle', memory: 1, cmdline: '' });
    const ssh = hosts.path('ssh');
    writeFileSync(ssh, `#!/bin/sh\nshift\nexec script -qec "$*" /dev/null\n`, { mode: 0o755 });
    const estimate = await hosts.source.xl(
      'migrate',
      '--estimate',
      '--period',
      '0.2',
      '-s',
      ssh,
      'busy',
      'far',
    );
    expect(estimate.stderr).toMatch(
      /the speed of the link to far could not be measured: .*ssh has a terminal between the two ends \(-T goes without one\)/,
    );
    expect(estimate.status).toBe(1);
  });
});
