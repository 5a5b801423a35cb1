import { spawn } from 'node:child_process';
import { once } from 'node:events';

/** Runs another process that has the record lock of a file, while `use` runs. */
export async function withLockHolder(path: string, use: (pid: number) => void): Promise<void> {
  const script = `
    import { openSync } from 'node:fs';
    import { tryLockRecord } from '@mig/posix';
    if (!tryLockRecord(openSync(process.argv[1], 'w'))) throw new Error('another has the lock');
    console.log('locked');
    process.stdin.resume();`;
  const holder = spawn(process.execPath, ['--input-type=module', '--eval', script, path], {
    cwd: import.meta.dirname,
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exit = once(holder, 'exit');
  try {
    await once(holder.stdout, 'data');
    use(holder.pid!);
  } finally {
    holder.stdin.end();
    await exit;
  }
}
