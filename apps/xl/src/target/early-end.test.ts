import { describe, expect, test } from 'vitest';
import { likelyCause } from './early-end.js';

const ssh = { sshCommand: 'ssh', host: 'host2' };
const own = { sshCommand: '', host: 'lxc-attach -n two xl-receive' };

const ends: readonly (readonly [status: number | null, said: string, cause: RegExp | undefined])[] = [
  [127, 'bash: line 1: xl: command not found', /^is xl \(or mig\) installed on host2, and on the PATH of 'ssh host2'\? .*Try: ssh host2 command -v xl mig$/],
  [127, 'sh: 1: xl: not found', /^is xl \(or mig\) installed on host2/],
  [127, 'fish: Unknown command: xl', /^is xl \(or mig\) installed on host2/],
  [127, '', /^is xl \(or mig\) installed on host2/],
  [1, 'xl: Command not found.', /^is xl \(or mig\) installed on host2/],
  [127, '/bin/sh: 1: exec: ssh: not found', /^there is no ssh on this host; -s names another$/],
  [2, '/bin/sh: 1: Syntax error: Unterminated quoted string', /^the shell of this host cannot read the command that -s gives/],
  [2, "/bin/sh: -c: line 1: unexpected EOF while looking for matching `''", /^the shell of this host cannot read/],
  [2, "/bin/sh: -c: line 1: syntax error near unexpected token `('", /^the shell of this host cannot read/],
  [126, '/bin/sh: 1: exec: /tmp/notes: Permission denied', /^the program that -s names may not be run on this host/],
  [2, 'bash: -c: line 1: syntax error near unexpected token `fi', /^a login script at host2/],
  [127, "/usr/bin/env: 'node': No such file or directory", /^mig is on host2, but not the Node\.js/],
  [127, 'rbash: line 1: xl: command not found', /^whoever logs in at host2 may run few commands/],
  [126, 'bash: line 1: /usr/sbin/xl: Permission denied', /may not be run.*Try: ssh host2 'ls -l/],
  [255, 'Host key verification failed.', /^the key of host2 is new here/],
  [255, 'root@host2: Permission denied (publickey,password).', /^host2 takes neither key nor password/],
  [255, 'ssh: Could not resolve hostname host2: Name or service not known', /^no host is known by the name host2/],
  [255, 'ssh: connect to host host2 port 22: Connection refused', /^no ssh server listens on host2/],
  [255, 'ssh: connect to host host2 port 22: No route to host', /^host2 is not reached/],
  [255, 'ssh: connect to host host2 port 22: Connection timed out', /^host2 is not reached/],
  [255, 'kex_exchange_identification: Connection closed by remote host', /^host2 hung up/],
  [255, "command-line: line 0: Bad configuration option: nonsense", /^ssh does not take its options/],
  [255, 'something new', /^ssh itself has failed; .*-v true$/],
  [1, 'command not implemented', /^the xl that answers is none of Xen/],
  [2, "option `e' not supported.", /^the xl that answers is none of Xen/],
  [1, 'Usage xl [-vfNtT] <subcommand> [args]', /^the xl that answers is none of Xen/],
  [1, 'open /dev/xen/privcmd: Permission denied', /must run as root/],
  [1, 'cannot init xl context', /^is host2 booted as a dom0 of Xen/],
  [1, 'sudo: a password is required', /^sudo asks there/],
  [1, 'This account is currently not available.', /may run no commands there/],
  [1, 'WARNING: Your password has expired.', /has run out/],
  [142, 'Please login as the user "debian" rather than the user "root".', /^another user is to log in at host2/],
  [0, 'Welcome to host2', /^a login script at host2 may have printed that/],
  [0, 'Hello\nxl migration receiver ready, send binary domain data.\n', /^a login script at host2 printed this before xl/],
  [0, '', /^it ended as if all were well/],
  [1, '<html><body>', undefined],
  [1, 'xl: migrate-receive is started by xl migrate: standard input is a terminal', undefined],
  [7, '', undefined],
  [null, '', undefined],
]; // prettier-ignore

test.each(ends)('status %s and %j have their cause', (status, said, cause) => {
  if (cause === undefined) expect(likelyCause({ status, said }, ssh)).toBeUndefined();
  else expect(likelyCause({ status, said }, ssh)).toMatch(cause);
});

describe("of the operator's own command", () => {
  test('nothing is guessed of ssh, nor tried with it', () => {
    expect(likelyCause({ status: 127, said: 'sh: 1: exec: xl: not found' }, own)).toBe(
      'is each program of the command installed where it runs, and on the PATH there?',
    );
    expect(likelyCause({ status: 2, said: '/bin/sh: 1: Syntax error: "(" unexpected' }, own)).toBe(
      'the shell of this host cannot read the command: see its quotes and parentheses',
    );
    expect(likelyCause({ status: 255, said: '' }, own)).toBeUndefined();
    expect(likelyCause({ status: 126, said: '' }, own)).not.toContain('Try');
  });
});
