/**
 * Tests that a limit of file sizes (`ulimit -f`, RLIMIT_FSIZE) is reported in words, with what it
 * prevented.
 */
import { readdirSync } from 'node:fs';
import { describe, expect } from 'vitest';
import { containing, expectEmpty, expectMoved, expectRunsOn, matching } from '../harness/expectations.js';
import { type Ended, Program } from '../harness/program.js';
import { test } from '../harness/two-hosts.js';

const LIMIT = 'beyond the limit of file sizes (ulimit -f)';
const small = { kernel: 'idle', memory: 1, cmdline: '' };

/**
 * Runs a command in a shell with a limit, which programs may raise again.
 * @param kib 0 forbids writing anything
 */
function limited(kib: number, command: string): Promise<Ended> {
  return new Program('bash', ['-c', `ulimit -S -f ${kib}; ${command}`], { environment: {} }).ended;
}

describe.concurrent('with a limit of file sizes', () => {
  test.for([0, 1])('of %i KiB a domain moves, and its trace and report end', async (kib, { hosts }) => {
    const before = await hosts.source.create();
    const [trace, report] = [hosts.path('busy.trace'), hosts.path('busy.html')];
    const options = ['--trace', trace, '--report', report];
    const command = `ulimit -S -f unlimited; ${hosts.target.receiver()}`;
    const migrate = hosts.source.command(...hosts.migration({ options, command, words: true }));
    const { status, stderr } = await limited(kib, migrate);
    expect(stderr).toContain(`the trace ends early: ${trace}: ${LIMIT}`);
    expect(stderr).toContain(`xl: warning: the report could not be written: ${report}: ${LIMIT}`);
    expect(stderr).toContain('Migration successful');
    expect(status).toBe(0);
    await expectMoved(hosts, before);
    expect(readdirSync(hosts.folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('at the target it is said there, and the domain stays', async ({ hosts }) => {
    const console = await hosts.source.create();
    const command = `ulimit -f 1; ${hosts.target.receiver()}`;
    const { status, stderr } = await hosts.migrate({ command, words: true }).ended;
    expect(stderr).toMatch(
      /migration target: the memory of the domain, 16 MiB, is beyond the limit of file sizes \(ulimit -f\)/,
    );
    expect(status).toBe(1);
    await expectRunsOn(hosts.source, console);
    await expectEmpty(hosts.target);
  });

  test('an image is not written, and the domain runs on', async ({ hosts }) => {
    const { source } = hosts;
    const console = await source.create();
    const image = hosts.path('busy.image');
    const { status, stderr } = await limited(1024, source.command('save', 'busy', image));
    expect(stderr).toMatch(
      /^Failed to save domain: writev? the image to .*: beyond the limit of file sizes/m,
    );
    expect(stderr).toContain(`the image to ${image}: ${LIMIT}`);
    expect(stderr).toContain('The domain has been resumed.');
    expect(status).toBe(1);
    expect(readdirSync(hosts.folder).filter((name) => name.includes('image'))).toEqual([]);
    await expectRunsOn(source, console);
  });

  test('nothing is left of a domain that cannot be created or restored', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create(small);
    const image = hosts.path('busy.image');
    await source.done('save', 'busy', image);
    const config = await source.configure(small);
    const ram = matching(/the memory of the domain, 1 MiB, is beyond the limit of file sizes \(ulimit -f\)/);
    expect(await limited(512, source.command('create', '-q', config))).toMatchObject({
      status: 1,
      stderr: ram,
    });
    expect(await limited(512, target.command('restore', image))).toMatchObject({ status: 1, stderr: ram });
    // Not even the files of its folder can be written.
    for (const command of [source.command('create', '-q', config), target.command('restore', image)]) {
      const { status, stderr } = await limited(0, command);
      expect(stderr).toMatch(/\/(source|target)\/[a-z0-9/.-]+: beyond the limit of file sizes \(ulimit -f\)/);
      expect(status).toBe(1);
    }
    await expectEmpty(source);
    await expectEmpty(target);
    await target.done('restore', image);
  });

  test('what is written from a file names it', async ({ hosts }) => {
    const { source, target } = hosts;
    await source.create(small);
    const [image, trace, page] = [
      hosts.path('busy.image'),
      hosts.path('busy.trace'),
      hosts.path('busy.html'),
    ];
    await source.done('save', '-c', 'busy', image);
    await source.done('migrate', '--trace', trace, '-s', '', 'busy', target.receiver());
    const copy = await limited(1, source.command('stream', 'copy', image, `${image}.copy`));
    expect(copy).toMatchObject({ status: 1, stderr: containing(`xl: ${image}.copy: ${LIMIT}`) });
    const report = await limited(1, source.command('trace', 'report', trace, page));
    expect(report).toMatchObject({ status: 1, stderr: containing(`xl: ${page}: ${LIMIT}`) });
    const piped = await limited(1, `${source.command('stream', 'copy', image, '-')} > ${image}.out`);
    expect(piped).toMatchObject({ status: 1, stderr: containing(`xl: standard output: ${LIMIT}`) });
    // Commands that only look are not affected.
    expect(await limited(0, target.command('info', 'log_dirty'))).toMatchObject({
      status: 0,
      stdout: matching(/yes/),
    });
    expect(await limited(0, target.command('list'))).toMatchObject({ status: 0 });
  });
});
