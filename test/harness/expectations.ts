import { expect } from 'vitest';
import { flaws, type GuestConsole } from './guest-console.js';
import type { TestHost } from './test-host.js';

/** It is the only domain of its host, runs under its name with its log off, ticks on and finds its memory whole. */
export async function expectRunsOn(host: TestHost, console: GuestConsole, name = 'busy'): Promise<void> {
  expect(await host.domains()).toMatchObject([{ name, state: 'running', logDirty: false }]);
  await console.moreTicks(3);
  expect(flaws(console)).toEqual([]);
}

export async function expectEmpty(host: TestHost): Promise<void> {
  await host.quiet();
  expect(await host.domains()).toEqual([]);
}

/** The guest has moved: all it ever said, on both consoles, is one life without a gap. */
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

/** Within a pattern: a text with this in it. */
export function containing(text: string): unknown {
  return expect.stringContaining(text);
}

export function matching(pattern: RegExp): unknown {
  return expect.stringMatching(pattern);
}
