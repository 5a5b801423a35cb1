import { describe, expect, it } from 'vitest';
import { fixture, concat } from '../streams.test-support.js';
import { latin1 } from '../octets/text.js';
import {
  BANNER,
  classifyBanner,
  PERMISSION_TO_GO,
  READY,
  REPORT,
  sourceTable,
  STATUS_SUCCESS,
  targetTable,
  type SourceState,
  type TargetState,
} from './index.js';

it('the strings have the lengths that stock sends', () => {
  expect([BANNER, READY, PERMISSION_TO_GO, REPORT].map(({ length }) => length)).toEqual([54, 34, 44, 39]);
});

it('together they are what a stock receiver has sent', () => {
  const sent = concat([BANNER, READY, REPORT, Uint8Array.of(STATUS_SUCCESS)]);
  expect(Buffer.compare(sent, fixture('pvh-live.back.bin'))).toBe(0);
});

describe('classifyBanner', () => {
  it('tells the banner at every length', () => {
    for (let length = 0; length < BANNER.length; length++) {
      expect(classifyBanner(BANNER.subarray(0, length))).toEqual({ kind: 'prefix' });
      expect(classifyBanner(BANNER.subarray(0, length), true).kind).toBe('other');
    }
    expect(classifyBanner(BANNER)).toEqual({ kind: 'banner' });
    expect(classifyBanner(concat([BANNER, READY]), true)).toEqual({ kind: 'banner' });
  });

  it.each<[text: string, firstLine: string, cause: RegExp]>([
    ['bash: line 1: xl: command not found\n', 'bash: line 1: xl: command not found', /no xl/],
    ['sh: 1: xl: not found\n', 'sh: 1: xl: not found', /no xl/],
    ['\r\nWelcome to Debian\n', 'Welcome to Debian', /greeting/],
    ['Welcome!\nxl migration receiver ready, send binary domain data.\n', 'Welcome!', /greeting/],
    ['<!DOCTYPE html>\n<html>', '<!DOCTYPE html>', /web server/],
    ['HTTP/1.1 400 Bad Request\r\n', 'HTTP/1.1 400 Bad Request', /web server/],
    ['SSH-2.0-OpenSSH_9.2\r\n', 'SSH-2.0-OpenSSH_9.2', /ssh server/],
    ['Usage: xl [-vf] <subcommand> [args]\n', 'Usage: xl [-vf] <subcommand> [args]', /does not know/],
    [
      'libxl: error: cannot open libxl handle\n',
      'libxl: error: cannot open libxl handle',
      /not a running Xen host/,
    ],
    [
      'xl: it: standard input is a terminal: what\r\n',
      'xl: it: standard input is a terminal: what',
      /^a terminal/,
    ],
    ['\x1b[2Jhello\x07', String.raw`\u001b[2Jhello\u0007`, /prints to standard output/],
    ['\0\0\0', String.raw`\u0000\u0000\u0000`, /prints to standard output/],
    ['\n\n', '', /prints to standard output/],
  ])('%j', (text, firstLine, cause) => {
    const verdict = classifyBanner(latin1(text));
    expect(verdict).toMatchObject({ kind: 'other', firstLine });
    expect(verdict.kind === 'other' && verdict.likelyCause).toMatch(cause);
  });

  it.each(['', 'Welcome!\r\n', 'bash: xl: command not found\r\n'])(
    'tells a terminal by its line ends, after %j',
    (before) => {
      const banner = 'xl migration receiver ready, send binary domain data.\r\n';
      const verdict = classifyBanner(latin1(before + banner), true);
      expect(verdict).toEqual({
        kind: 'through-terminal',
        likelyCause: expect.stringMatching(/^a terminal .*'ssh -T'/) as string,
      });
      // Only up to the end of the banner's text: the line feed may never come.
      expect(classifyBanner(latin1(before + banner).subarray(0, before.length + BANNER.length))).toEqual(
        verdict,
      );
    },
  );

  it('shows no more than 200 characters', () => {
    const verdict = classifyBanner(new Uint8Array(100_000).fill(65));
    expect(verdict.kind === 'other' && verdict.firstLine).toBe(`${'A'.repeat(200)}...`);
  });
});

function reachable<S extends string>(
  table: Readonly<Record<S, { next: Partial<Record<string, S>> }>>,
  start: S,
): Set<S> {
  const found = new Set([start]);
  for (const state of found) {
    for (const next of Object.values(table[state].next) as S[]) found.add(next);
  }
  return found;
}

/** Lists the states that no event leads out of. */
function ends<S extends string>(table: Readonly<Record<S, { next: object }>>): S[] {
  return (Object.keys(table) as S[]).filter((state) => Object.keys(table[state].next).length === 0);
}

describe('who may run the domain', () => {
  it('every state can be reached, and there are two ends at either end', () => {
    expect([...reachable<SourceState>(sourceTable, 'awaiting-banner')].sort()).toEqual(
      Object.keys(sourceTable).sort(),
    );
    expect([...reachable<TargetState>(targetTable, 'greeting')].sort()).toEqual(
      Object.keys(targetTable).sort(),
    );
    expect(ends(sourceTable)).toEqual(['completed', 'taken-back']);
    expect(ends(targetTable)).toEqual(['completed', 'given-back']);
  });

  it('never two running', () => {
    const runs = new Set(['untouched', 'keeps-running', 'resumed']);
    const mayRun = new Set(['runs', 'runs-or-destroyed', 'unknown']);
    for (const [state, row] of Object.entries(sourceTable)) {
      if (runs.has(row.onFailure)) expect(mayRun.has(row.targetOnFailure), state).toBe(false);
    }
    for (const [state, row] of Object.entries(targetTable)) {
      if (mayRun.has(row.onFailure)) expect(runs.has(row.sourceOnFailure), state).toBe(false);
    }
  });

  it('the source never resumes by itself once it has tried to give permission', () => {
    const after = reachable<SourceState>(sourceTable, 'giving-permission');
    for (const state of after) {
      // Only if permission was given back, which the target does for a destroyed copy.
      const expected =
        state === 'taken-back' ? ['resumed'] : ['unknown', 'resume-failed', 'destroy-failed', 'destroyed'];
      expect(expected, state).toContain(sourceTable[state].onFailure);
    }
    expect(after.size).toBe(7);
  });

  it('permission is given back only for a copy that was destroyed', () => {
    const before = Object.entries(targetTable).filter(([, { next }]) =>
      Object.values(next).includes('giving-back'),
    );
    expect(before.map(([state, { next }]) => [state, Object.keys(next)])).toEqual([
      ['destroying-copy', ['copy-destroyed']],
    ]);
  });
});
