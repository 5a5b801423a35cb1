// What must hold for any octets that the source of a migration hears: whoever may run the domain does, and nobody else.
import { closeSync, openSync, readFileSync } from 'node:fs';
import { memoryFile } from './restore-case.mjs';
import { must, onlyThrows } from './violation.mjs';

/** A host with one domain, which has no memory to send. */
class DomainToSend {
  name = 'busy';
  suspended = false;
  gone = false;

  describe() {
    return { domid: 1, name: this.name, standing: 'taken', state: { suspended: this.suspended } };
  }

  find(name) {
    return !this.gone && name === this.name ? this.describe() : undefined;
  }

  take() {
    return {
      info: { domid: 1, name: 'busy' },
      configuration: '{"c_info":{"name":"busy"}}',
      saveTo: (_, { observer }) => {
        observer.precopyEnded({ code: 'iterations', sentence: 'it is over' });
        this.suspended = true;
        observer.suspended();
        return { passes: [], suspendRequestedAt: performance.now() };
      },
      sendAway: (name) => {
        must(this.suspended, 'host', 'sent away while it runs');
        this.name = name;
      },
      resume: () => {
        this.suspended = false;
        this.name = 'busy';
      },
      destroy: () => {
        must(this.suspended, 'host', 'destroyed while it runs');
        this.gone = true;
      },
      release: () => undefined,
    };
  }
}

/** How far the target has come, by what it has said, and what the source is to make of that. */
function expected(said, { BANNER, READY, REPORT, PERMISSION_TO_GO }) {
  const whole = (messages) => {
    const octets = Buffer.concat(messages);
    return Buffer.compare(octets, said.subarray(0, octets.length)) === 0;
  };
  const until = [BANNER, READY, REPORT];
  if (!whole([BANNER])) return 'untouched';
  if (!whole([BANNER, READY])) return 'resumed';
  const status = whole(until) ? said[Buffer.concat(until).length] : undefined;
  if (status === undefined) return 'unknown';
  if (status === 0) return 'moved';
  return whole([...until, Buffer.of(status), PERMISSION_TO_GO]) ? 'taken back' : 'unknown';
}

/** For each end whether permission was given, and how the domain is then to be found. */
const ends = {
  untouched: { given: false, gone: false, suspended: false, name: 'busy' },
  resumed: { given: false, gone: false, suspended: false, name: 'busy' },
  unknown: { given: true, gone: false, suspended: true, name: 'busy--migratedaway' },
  'taken back': { given: true, gone: false, suspended: false, name: 'busy' },
  moved: { given: true, gone: true, suspended: true, name: 'busy--migratedaway' },
};

export function checkMigrate(octets, lib) {
  const { liveMigrate, MigrationError } = lib.sender;
  const host = new DomainToSend();
  const heard = memoryFile(lib, octets);
  const sent = lib.posix.createMemoryFile('the stream', 0);
  try {
    const input = new lib.posix.Input(heard, { subject: 'the target' });
    const output = new lib.posix.Output(sent, { subject: 'the stream' });
    const error = onlyThrows([MigrationError], () => liveMigrate(host, 1, { input, output }));
    if (error?.cause?.name === 'Violation') throw error.cause;
    const again = openSync(`/proc/self/fd/${sent}`, 'r');
    const stream = readFileSync(again);
    closeSync(again);
    const end = expected(Buffer.from(octets), lib.handshake);
    const { given, ...domain } = ends[end];
    const found = { given: stream.includes(lib.handshake.PERMISSION_TO_GO), gone: host.gone, suspended: host.suspended, name: host.name }; // prettier-ignore
    for (const [name, value] of Object.entries({ given, ...domain })) {
      must(found[name] === value, 'domain', () => `${end}: ${name} is ${found[name]}, ${error}`);
    }
    must((error === undefined) === (end === 'moved'), 'outcome', () => `${end}, and ${error}`);
    const outcomes = { untouched: ['untouched', 'keeps-running'], 'taken back': ['resumed'] };
    if (error !== undefined) {
      must((outcomes[end] ?? [end]).includes(error.outcome), 'outcome', () => `${end}: ${error.outcome}`);
      must(error.message.length < 1000, 'error', 'a message without end');
    }
    return end;
  } finally {
    closeSync(heard);
    closeSync(sent);
  }
}

/** What a target may say, up to any of its messages. */
export function generateAnswers(random, { handshake }) {
  const { BANNER, READY, REPORT, PERMISSION_TO_GO } = handshake;
  const status = Buffer.of(random.pick([0, 0, 3, 255]));
  const all = [BANNER, READY, REPORT, status, PERMISSION_TO_GO];
  return new Uint8Array(Buffer.concat(all.slice(0, random.from(1, all.length))));
}
