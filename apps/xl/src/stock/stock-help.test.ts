/** Tests of `help` on a Xen host: which commands it lists under which name, and where stock is asked. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

const OWN = fileURLToPath(new URL('../../bin/xl.js', import.meta.url));
const STOCK = `#!/bin/sh
[ "$1" = help ] || exit 9
[ $# -eq 1 ] || { shift; echo "stock on $*"; exit 0; }
printf 'Usage xl [-vfNtT] <subcommand> [args]\\n\\nxl full list of subcommands:\\n\\n create              Create\\n'
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-help-'));
  for (const name of ['ours', 'stock']) mkdirSync(join(folder, name));
  for (const name of ['xl', 'mig']) symlinkSync(OWN, join(folder, 'ours', name));
  writeFileSync(join(folder, 'stock/xl'), STOCK, { mode: 0o755 });
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(line: string, path = ['ours', 'stock']) {
  const [name = '', ...args] = line.split(' ');
  const PATH = [...path.map((each) => join(folder, each)), '/usr/bin', '/bin'].join(delimiter);
  const env = { PATH, MIG_CACHE_DIR: '', MIG_HYPERVISOR: 'xen' };
  const command = [join(folder, 'ours', name), ...args];
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { env, encoding: 'utf8' });
  // As stock's completion reads them.
  const commands = stdout
    .split('\n')
    .slice(4)
    .flatMap((each) => /^ ([^ ]+)/.exec(each)?.[1] ?? []);
  return { status, stdout, stderr, commands };
}

test.each([['xl help', 0], ['xl', 1], ['xl -v', 1]] as const)("%j lists stock's commands, then mig's", (line, status) => {
  const listed = run(line);
  expect(listed).toMatchObject({ status, stderr: '' });
  expect(listed.commands).toEqual(['create', ...run('mig help').commands]);
}); // prettier-ignore

test("mig help lists what is mig's, and says where the rest goes", () => {
  const { commands, stdout } = run('mig help');
  expect(commands).toContain('migrate');
  expect(commands).not.toContain('create');
  expect(stdout).toMatch(
    /All other subcommands, .*are the stock xl's: 'xl help' lists them, and\n'mig help SUBCOMMAND'/,
  );
});

test.each(['xl', 'mig'])("%s help has stock's options for stock's commands, mig's for mig's", (name) => {
  expect(run(`${name} help create`)).toMatchObject({ status: 0, stdout: 'stock on create\n' });
  expect(run(`${name} help migrate`).stdout).toContain('--max-downtime');
});

test.each(['xl', 'mig'])('%s calls its commands by the name that it was called by', (name) => {
  expect(run(`${name} help migrate`).stdout).toMatch(new RegExp(`^Usage: ${name} \\[`));
  expect(run(`${name} migrate`).stderr).toMatch(
    new RegExp(`^'${name} migrate' requires .*\n\nUsage: ${name} \\[.*\nSee '${name} help migrate'`),
  );
});

test('where there is no stock xl, that is said in its place', () => {
  const { status, stdout, commands } = run('xl help', ['ours']);
  expect(status).toBe(0);
  expect(stdout).toContain("The list of the stock xl's subcommands is missing: there is no stock xl on PATH");
  expect(commands).toContain('migrate-status');
});

test.each(['xl --version', 'mig --version'])('%s is answered', (line) => {
  expect(run(line)).toMatchObject({
    status: 0,
    stdout: expect.stringMatching(/^mig \d/) as string,
    stderr: '',
  });
});
