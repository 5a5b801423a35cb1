// Replaces libxl-process.cjs in tests: the same descriptors, and for each request the answer that a test
// needs.
import { spawn } from 'node:child_process';
import { readSync, writeSync } from 'node:fs';

const [REQUESTS, REPLIES, DECISIONS] = [3, 4, 5];

/** @param {number} fd */
function* lines(fd) {
  const chunk = Buffer.alloc(65536);
  let rest = '';
  for (;;) {
    const end = rest.indexOf('\n');
    if (end >= 0) {
      yield rest.slice(0, end);
      rest = rest.slice(end + 1);
      continue;
    }
    const count = readSync(fd, chunk);
    if (count === 0) return;
    rest += chunk.toString('latin1', 0, count);
  }
}

/** @param {string} text */
function say(text) {
  const octets = Buffer.from(text);
  for (let at = 0; at < octets.length;) at += writeSync(REPLIES, octets, at);
}

/** @param {object} message */
const tell = (message) => say(`${JSON.stringify(message)}\n`);
const decisions = lines(DECISIONS);

/**
 * Suspends with `sleep` as the helper: SIGTERM ends it.
 * @param {number} domid
 */
async function suspend(domid) {
  const helper = spawn('sleep', ['600'], { stdio: 'ignore' });
  const ended = new Promise((resolve) => helper.once('exit', (_, signal) => resolve(signal)));
  const end = () => {
    helper.kill();
    return ended;
  };
  tell({ kind: 'helper', pid: helper.pid });
  tell({ kind: 'saving', event: { kind: 'suspended' } });
  const failed = { kind: 'error', code: 'unavailable', message: 'ERROR_FAIL', domid };
  switch (['finish', 'fail', 'wait', 'die', 'silent', 'stuck'][domid]) {
    case 'silent':
      tell({ kind: 'handed-on' });
      await ended;
      return failed;
    case 'stuck':
      // The stream holds libxl up: not even the end of its helper has it answer.
      tell({ kind: 'handed-on' });
      await ended;
      return new Promise(() => undefined);
    case 'finish': {
      tell({ kind: 'consult', stats: { iteration: 2, totalWritten: 5, point: 'pass-finished' } });
      const decision = decisions.next().value;
      await end();
      return { kind: 'done', value: decision };
    }
    case 'fail':
      tell({ kind: 'failed', failure: { kind: 'other', message: 'it broke' } });
      await end();
      return failed;
    case 'wait':
      await ended;
      return failed;
    default:
      await end();
      say('{"kind":"do');
      process.exit();
  }
}

/** @param {{ kind: string, domid: number, configuration: string }} request what each has of that */
async function answer(request) {
  switch (request.kind) {
    case 'list':
      return { kind: 'done', value: [] };
    case 'configuration':
      // Domid 0: who it is. A large one: a configuration of that length.
      if (request.domid === 0) return { kind: 'done', value: String(process.pid) };
      return {
        kind: 'done',
        value: request.domid < 100 ? `domain ${request.domid}` : 'x'.repeat(request.domid),
      };
    case 'restore':
      return { kind: 'done', value: request.configuration.length };
    case 'destroy':
      return {
        kind: 'error',
        code: 'no-such-domain',
        message: `there is no domain ${request.domid}`,
        domid: request.domid,
      };
    case 'suspend':
      return suspend(request.domid);
    default:
      return { kind: 'done' };
  }
}

for (const line of lines(REQUESTS)) tell(await answer(JSON.parse(line)));
process.exit();
