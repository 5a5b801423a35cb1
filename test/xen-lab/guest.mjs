/** Builds the guest's initramfs: busybox, an init of a few lines, and the workload. */
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from './command.mjs';

/** The files that determine it, beside busybox. */
const [workload, init] = [sourceOf('wss.c'), sourceOf('init')];
export const guestSources = [workload, init];

/** @param {string} name */
function sourceOf(name) {
  return fileURLToPath(new URL(`guest/${name}`, import.meta.url));
}

/**
 * @param {string} busybox a static one
 * @param {string} output where the compressed archive goes
 */
export function makeGuestInitramfs(busybox, output) {
  const folder = mkdtempSync(join(tmpdir(), 'mig-xen-lab-guest-'));
  try {
    mkdirSync(join(folder, 'bin'));
    mkdirSync(join(folder, 'dev'));
    copyFileSync(busybox, join(folder, 'bin/busybox'));
    copyFileSync(init, join(folder, 'init'));
    chmodSync(join(folder, 'init'), 0o755);
    run('gcc', ['-O2', '-Wall', '-Wextra', '-static', '-o', join(folder, 'bin/wss'), workload]);
    const names = '.\n./bin\n./bin/busybox\n./bin/wss\n./dev\n./init\n';
    const archive = run('cpio', ['--create', '--quiet', '--format=newc', '--owner=0:0'], {
      cwd: folder,
      input: names,
    });
    writeFileSync(output, run('gzip', ['-9', '--no-name'], { input: archive }));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
