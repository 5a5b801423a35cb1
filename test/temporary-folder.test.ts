/** Tests of what the tools (`pnpm bench`, `pnpm stress`) leave behind. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { eventually } from './harness/eventually.js';
import { processesOf } from '../tooling/faults/processes.mjs';
import { Program } from './harness/program.js';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Starts a tool with a process in a session of its own in its folder, as a domain is. */
function tool(end: string): Program {
  const script = `
    import { spawn } from 'node:child_process';
    import { removeTemporaryFolder, temporaryFolder } from '${root}tooling/temporary-folder.mjs';
    const folder = temporaryFolder('mig-tool-');
    spawn('sleep', ['600'], { cwd: folder, detached: true, stdio: 'ignore' });
    console.log(folder);
    ${end}
  `;
  return new Program(process.execPath, ['--input-type=module', '-e', script], { environment: {} });
}

const ends: readonly {
  readonly how: string;
  readonly end: string;
  readonly signal?: NodeJS.Signals;
  readonly status: number;
}[] = [
  { how: 'Ctrl-C', end: '', signal: 'SIGINT', status: 130 },
  { how: 'SIGTERM', end: '', signal: 'SIGTERM', status: 143 },
  { how: 'an error', end: "throw new Error('oh')", status: 1 },
  { how: 'the removal of its folder', end: 'removeTemporaryFolder(folder)', status: 0 },
];

test.for(ends)('nothing is left of a tool that ends by $how', async ({ end, signal, status }) => {
  const program = tool(end);
  const folder = await eventually('its folder', () => /^(\/\S+)\n/.exec(program.stdout)?.[1]);
  if (signal !== undefined) {
    expect(existsSync(folder)).toBe(true);
    program.kill(signal);
  }
  expect(await program.ended).toMatchObject({ status });
  expect(existsSync(folder)).toBe(false);
  expect(processesOf(folder)).toEqual([]);
});
