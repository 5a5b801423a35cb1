import { type Run, type RunDomain, waiting } from '@mig/fleet';
import type { Host } from '@mig/hypervisor';
import { afterEach, expect, test, vi } from 'vitest';
import type { Context } from '../host/context.js';
import { Controller } from './controller.js';
import type { Display } from './events.js';
import type { Evacuation, Wanted } from './journal.js';

const played = vi.hoisted(() => ({ begun: [] as string[], end: (_uuid: string): void => undefined }));
vi.mock('./attempts.js', () => ({
  Attempts: class {
    readonly uuids = new Set<string>();
    constructor(options: { onEnd: (uuid: string, end: object) => void }) {
      played.end = (uuid) => {
        this.uuids.delete(uuid);
        options.onEnd(uuid, { status: 0, outcome: 'completed' });
      };
    }
    get ownCount() {
      return this.uuids.size;
    }
    statusOf = () => undefined;
    abort = () => undefined;
    close = () => undefined;
    begin(_domid: number, _isLive: boolean, { uuid }: { uuid: string }) {
      this.uuids.add(uuid);
      played.begun.push(uuid);
      return Promise.resolve();
    }
  },
}));
vi.mock('./inventory.js', () => {
  const host = (name: string, ...uuids: string[]) => ({
    ...{ name, totalMemory: 1e12, freeMemory: 1e12 },
    domains: uuids.map((uuid) => ({ uuid, name: uuid, memory: 1, vcpus: 1, priority: 0, presence: 'here' })),
  });
  return {
    lookAt: (_ssh: string, name: string) => Promise.resolve(host(name)),
    lookHere: (_host: object, name: string) => ({
      ...{ source: host(name, 'a', 'b'), migrations: new Map() },
      domids: new Map([
        ['a', 1],
        ['b', 2],
      ]),
    }),
  };
});

afterEach(() => {
  played.begun.length = 0;
  vi.restoreAllMocks();
});

/** Controls a run with a ledger that a test plays: each write waits until the test has seen the domains. */
function controlled(onWrite: (domains: readonly RunDomain[], controller: Controller) => void) {
  const told: { wanted: Wanted } = { wanted: 'go' };
  const domains = ['a', 'b'].map((name) => waiting({ uuid: name, name, memory: 1, vcpus: 1, priority: 0 }));
  const options = { targets: ['left'], out: 2, in: 2, order: 'largest', leave: [] } as const;
  const run: Run = { id: 'run', options, began: 0, resting: {}, domains };
  const asked = { name: 'source', asked: '', names: [], sshCommand: 'ssh', cordoned: true };
  const evacuation: Evacuation = { schema: 1, ...asked, downtimes: {}, run };
  const note = vi.fn();
  const controller: Controller = new Controller(
    {
      context: {} as Context,
      host: { info: () => ({ stateFolder: '/nowhere' }) } as unknown as Host,
      display: { update: () => undefined, note } as unknown as Display,
      ledger: {
        prepare: () => '/nowhere',
        wanted: () => told.wanted,
        write: (now) => Promise.resolve().then(() => onWrite(now.run.domains, controller)),
      },
    },
    evacuation,
  );
  return { controller, told };
}

const isMoving = ({ state }: RunDomain) => state === 'moving';

test('what was aborted while it was written down does not begin', async () => {
  const { controller, told } = controlled((domains) => {
    if (domains.some(isMoving)) told.wanted = 'abort';
  });
  await controller.control();
  expect(played.begun).toEqual([]);
  expect(controller.evacuation.run.domains).toMatchObject([
    { state: 'stayed', failed: 0, why: 'the run was aborted' },
    { state: 'stayed', failed: 0, why: 'the run was aborted' },
  ]);
});

test('what took too long to be written down is decided anew', async () => {
  const states: string[] = [];
  let late = 0;
  const real = performance.now.bind(performance);
  vi.spyOn(performance, 'now').mockImplementation(() => real() + late);
  const { controller } = controlled((domains) => {
    states.push(domains[0]!.state);
    if (domains.some(isMoving) && late === 0) late = 60_000;
  });
  const ended = controller.control();
  await vi.waitFor(() => expect(played.begun).toEqual(['a', 'b']), 60_000);
  expect(states).toEqual(['moving', 'waiting', 'moving']);
  expect(controller.evacuation.run.domains).toMatchObject([{ failed: 0 }, { failed: 0 }]);
  for (const uuid of ['a', 'b']) played.end(uuid);
  await ended;
});

test('what is taken out as it is written down does not begin; what has begun stays', async () => {
  const { controller } = controlled((domains, itself) => {
    if (domains.some(isMoving)) itself.drop('b');
  });
  const ended = controller.control();
  await vi.waitFor(() => expect(played.begun).toEqual(['a']), 60_000);
  controller.drop('a');
  expect(controller.evacuation.run.domains).toMatchObject([{ uuid: 'a', state: 'moving' }]);
  played.end('a');
  await ended;
  expect(played.begun).toEqual(['a']);
});
