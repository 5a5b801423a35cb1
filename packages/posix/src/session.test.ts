import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

const posix = new URL('../dist/index.js', import.meta.url).href;

test.each(['the main thread', 'a worker'])('a process ends at once, as %s says', (thread) => {
  const script = `
    import { exitAtOnce } from ${JSON.stringify(posix)};
    process.on('exit', () => console.log('Node ended it'));
    exitAtOnce(3);`;
  const started =
    thread === 'a worker'
      ? `new (await import('node:worker_threads')).Worker(new URL(${JSON.stringify(`data:text/javascript,${encodeURIComponent(script)}`)}));
         process.on('exit', () => console.log('Node ended it'));`
      : script;
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', started], {
    encoding: 'utf8',
  });
  expect({ status, stdout, stderr }).toEqual({ status: 3, stdout: '', stderr: '' });
});
