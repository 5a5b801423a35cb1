import { expect } from 'vitest';
import { flaws, type GuestConsole } from './guest-console.js';
import type { TestHost } from './test-host.js';

/**
 * Checks that it is the only domain of its host, runs under its name with log-dirty mode off, goes on
 * ticking and finds its memory intact.
 */
export async function expectRunsOn(host: TestHost, console: GuestConsole, name = 'busy'): Promise<void> {
  expect(await host.domains()).toMatchObject([{ name, state: 'running', logDirty: false }]);
  await console.moreTicks(3);
  expect(flaws(console)).toEqual([]);
}

export async function expectEmpty(host: TestHost): Promise<void> {
  await host.quiet();
  expect(await host.domains()).toEqual([]);
}

/** Checks that the guest has moved: all its output, on both consoles, is one life without a gap. */
export async function expectMoved(
  { source, target }: { readonly source: TestHost; readonly target: TestHost },
  before: GuestConsole,
  name = 'busy',
): Promise<GuestConsole> {
  await expectEmpty(source);
  await target.quiet();
  expect(await target.domains()).toMatchObject([{ name, state: 'running', logDirty: false }]);
  const after = target.console(name);
  await after.moreTicks(3);
  expect(flaws(before, after)).toEqual([]);
  return after;
}

/** Matches a text that contains this one, within a pattern. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
