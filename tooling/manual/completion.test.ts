/** Tests of the completions: what bash and zsh offer, asked as a person would, by a line and Tab. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { descendants, describeProgram } from './commands.mjs';
import { writeManual } from './write.mjs';

/** A domain may be called so, and nothing of it may be run. */
const HOSTILE = '$(touch owned)';

const PROGRAM = `#!/bin/sh
case $1 in
  list) cat <<'END'
Name                                        ID   Mem VCPUs\tState\tTime(s)
busy                                         1   256     1     r-----       0.4
two words                                    2   256     1     --p---       0.0
${HOSTILE}                               3   256     1     -b----  12345.6
END
  ;;
  help) printf 'Usage xl [-vfNtT] <subcommand> [args]\\n\\n vcpu-pin            Set which CPUs a VCPU can use\\n' ;;
esac
`;

const BASH = `source "$COMPLETION" && COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_mig "$1"; printf '%s\\n' "\${COMPREPLY[@]}"`;

/** Has each word noted that zsh would offer, in place of offering it. */
const ZSH = `
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell '
PS1= fpath=($FUNCTIONS $fpath)
autoload -Uz compinit && compinit -u -d $OFFERED.dump
compadd() {
  if [[ " \${@[1,(i)(-|--)]} " == *" -"[OAD]" "* ]]; then builtin compadd "$@"; return; fi
  local -a offered
  builtin compadd -A offered "$@"
  (( $#offered )) && print -rl -- $offered >>$OFFERED
}
finish() { zle complete-word; print -r -- "<""offered>" }
zle -N finish
bindkey "^I" finish
print -r -- "<""ready>"'
zpty -r shell said '*<ready>*' && zpty -w -n shell "$LINE"$'\\t' && zpty -r shell said '*<offered>*'
zpty -d shell
sort -u $OFFERED
`;

const hasZsh = spawnSync('zsh', ['--version']).status === 0;

let folder: string;
let share: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mig-completion-'));
  share = join(folder, 'share');
  writeManual(share);
  mkdirSync(join(folder, 'bin'));
  for (const name of ['mig', 'xl']) writeFileSync(join(folder, 'bin', name), PROGRAM, { mode: 0o755 });
  mkdirSync(join(folder, 'here'));
  writeFileSync(join(folder, 'here/a.cfg'), '');
});
afterAll(() => rmSync(folder, { recursive: true }));

function run(shell: string, args: string[], environment: Record<string, string>): string[] {
  const { stdout, stderr } = spawnSync(shell, args, {
    cwd: join(folder, 'here'),
    env: { PATH: `${folder}/bin:/usr/bin:/bin`, MIG_HYPERVISOR: 'embedded', HOME: folder, ...environment },
    encoding: 'utf8',
  });
  expect(stderr).toBe('');
  return stdout.split('\n').filter((line) => line !== '');
}

function inBash(words: readonly string[], environment = {}): string[] {
  const COMPLETION = join(share, 'bash-completion/completions', words[0] ?? '');
  return run('bash', ['-c', BASH, 'bash', ...words], { COMPLETION, ...environment });
}

function inZsh(line: string, environment = {}): string[] {
  const OFFERED = join(folder, 'offered');
  writeFileSync(OFFERED, '');
  const FUNCTIONS = join(share, 'zsh/site-functions');
  return run('zsh', ['-f', '-c', ZSH], { FUNCTIONS, OFFERED, LINE: line, ...environment });
}

describe('bash', () => {
  test('offers every command, and every option of each', () => {
    const program = describeProgram();
    expect(inBash(['mig', ''])).toEqual(program.commands.map(({ name }) => name));
    for (const { path, options, commands } of descendants(program)) {
      const words = ['mig', ...path.split(' ')];
      const offered = inBash([...words, '-']);
      expect(offered, path).toEqual([...options.flatMap(({ names }) => names), '-h', '--help']);
      if (commands.length > 0) expect(inBash([...words, '']), path).toEqual(commands.map(({ name }) => name));
    }
  });

  test.each([
    [
      ['migrate', ''],
      ['busy', 'two\\ words', '\\$\\(touch\\ owned\\)'],
    ],
    [['migrate', 'b'], ['busy']],
    [['-v', 'migrate', '-i', '3', '--live', 'b'], ['busy']],
    [
      ['migrate', '--timeout-action', ''],
      ['suspend', 'abort'],
    ],
    [['migrate', '--timeout-action', '=', 'a'], ['abort']],
    [['migrate', '--timeout-action', '=', 'abort', 'b'], ['busy']],
    [['migrate', '--trace', ''], ['a.cfg']],
    [['migrate', '--bandwidth', ''], []],
    [['save', 'busy', ''], ['a.cfg']],
    [['rename', 'busy', ''], []],
    [['list', 'busy', 't'], ['two\\ words']],
    [['stream', 'v'], ['verify']],
    [
      ['stream', 'verify', '--start', 'lib'],
      ['libvirt', 'libxl', 'libxc'],
    ],
    [['help', 'migrate-sw'], ['migrate-switchover']],
    [['migrate-receive', ''], []],
  ])('%j: %j', (words, offered) => {
    expect(inBash(['mig', ...words])).toEqual(offered);
    expect(inBash(['xl', ...words])).toEqual(offered);
    expect(existsSync(join(folder, 'here/owned'))).toBe(false);
  });

  test('offers the commands of the stock xl, too, where mig hands them on', () => {
    expect(inBash(['mig', 'v'], { MIG_HYPERVISOR: 'xen' })).toEqual(['vcpu-pin']);
    expect(inBash(['mig', 'v'])).toEqual([]);
    expect(inBash(['xl', 'vcpu-pin', 'b'])).toEqual(['busy']);
  });
});

describe.skipIf(!hasZsh)('zsh', () => {
  test.each([
    ['migrate-s', ['migrate-set', 'migrate-status', 'migrate-switchover']],
    ['migrate ', ['\\$\\(touch\\ owned\\)', 'busy', 'two\\ words']],
    ['migrate -i 3 b', ['busy']],
    ['migrate --timeout-action ', ['abort', 'suspend']],
    ['migrate --max-', ['--max-downtime']],
    ['save busy ', ['a.cfg']],
    ['stream verify --start lib', ['libvirt', 'libxc', 'libxl']],
  ])('%j: %j', (line, offered) => {
    expect(inZsh(`mig ${line}`)).toEqual(offered);
    expect(existsSync(join(folder, 'here/owned'))).toBe(false);
  });

  test('offers the commands of the stock xl, too, where mig hands them on', () => {
    expect(inZsh('xl v', { MIG_HYPERVISOR: 'xen' })).toEqual(['vcpu-pin']);
  });
});
