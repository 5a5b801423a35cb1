// What the processes of both ends need for themselves while a 2 GiB domain moves: their RssAnon.
import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TwoHosts } from './two-hosts.mjs';

/** Milliseconds between two looks. */
const INTERVAL = 20;

/** MiB, undefined for a process that is gone. */
function rssAnon(pid) {
  try {
    const [, kib] = /^RssAnon:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? [];
    return kib === undefined ? undefined : Number(kib) / 1024;
  } catch {
    return undefined;
  }
}

/** Program and command: "xl/dist/main.js migrate". */
function nameOf(pid) {
  const [, script = '', command = ''] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  return `${script.split('/').slice(-3).join('/')} ${command}`.trim();
}

export async function benchMemory() {
  const pair = new TwoHosts();
  await pair.create({ memory: 2048, command: 'pages=20000 rate=20000 pattern=random' });
  const first = new Map();
  const most = new Map();
  let moving = true;
  const watch = (async () => {
    while (moving) {
      for (const pid of pair.processes()) {
        const now = rssAnon(pid);
        if (now === undefined) continue;
        const name = nameOf(pid);
        if (!first.has(name)) first.set(name, now);
        most.set(name, Math.max(most.get(name) ?? 0, now));
      }
      await sleep(INTERVAL);
    }
  })();
  try {
    await pair.migrate();
  } finally {
    moving = false;
    await watch;
    await pair.close();
  }
  console.log('2 GiB moved; RssAnon of the processes, MiB: when first seen, at most');
  for (const [name, begin] of first) {
    console.log(
      `  ${name.padEnd(48)} ${begin.toFixed(0).padStart(5)} ${most.get(name).toFixed(0).padStart(5)}`,
    );
  }
}
