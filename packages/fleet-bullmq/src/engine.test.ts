import { beforeEach, expect, test, vi } from 'vitest';
import { Engine } from './engine.js';
import { HostJobs } from './host-jobs.js';
import { domain, storedRun, UUID } from './jobs.test-support.js';

const OTHER = '5f1c0000-0000-0000-0000-000000000002';
const run = storedRun(domain(), domain({ uuid: OTHER, name: 'db' }));
const { id } = run.run;

/** The runs and jobs that the server keeps, and the work of its worker. */
const server = vi.hoisted(() => ({
  runs: new Map<string, string>(),
  jobs: new Map<string, unknown>(),
  work: (_job: object, _token: string): Promise<unknown> => Promise.reject(new Error('no worker')),
}));
vi.mock('./connection.js', () => ({
  optionsFrom: () => ({}),
  connect: () =>
    Promise.resolve({
      hget: (_key: string, name: string) => Promise.resolve(server.runs.get(name) ?? null),
      hkeys: () => Promise.resolve([...server.runs.keys()]),
      hset: (_key: string, name: string, text: string) => Promise.resolve(server.runs.set(name, text)),
      hdel: (key: string, name: string) =>
        Promise.resolve(key.startsWith('mig-runs:') && server.runs.delete(name)),
    }),
}));
vi.mock('bullmq', () => ({
  ErrorCode: {},
  Job: {
    fromId: (_queue: object, name: string) =>
      Promise.resolve(server.jobs.has(name) ? { id: name, data: server.jobs.get(name) } : undefined),
  },
  Queue: class {
    on = () => this;
    addBulk = () => Promise.resolve([]);
    remove = (name: string) => Promise.resolve(server.jobs.delete(name));
  },
  Worker: class {
    on = () => this;
    constructor(_name: string, work: typeof server.work) {
      server.work = work;
    }
  },
}));

beforeEach(() => {
  server.runs = new Map([[id, JSON.stringify(run)]]);
  const data = { schema: 1, run: id, domain: domain({ state: 'moved', target: 'host2' }) };
  server.jobs = new Map<string, unknown>([
    [`${id}.${UUID}`, data],
    [`${id}.${OTHER}`, 'damaged'],
  ]);
});

test('a damaged job keeps nobody from seeing its run', async () => {
  const engine = await Engine.open('redis://host');
  const seen = await engine.read('host1', id);
  expect(seen?.stored.run.domains).toMatchObject([
    { uuid: UUID, state: 'moved' },
    { uuid: OTHER, state: 'person', why: 'its job at the engine is damaged' },
  ]);
  expect(seen).toMatchObject({ isIncomplete: false, isUnreadable: false, isOver: true });
  server.jobs.set(`${id}.${UUID}`, {});
  expect(await engine.read('host1', id)).toMatchObject({ isUnreadable: true, isOver: true });
});

test('a run that is kept by the name of another is malformed', async () => {
  const engine = await Engine.open('redis://host');
  server.runs.set('other', JSON.stringify(run));
  await expect(engine.read('host1', 'other')).rejects.toMatchObject({ code: 'malformed' });
  await expect(engine.read('host2', id)).rejects.toMatchObject({ code: 'malformed' });
});

test('a damaged run is forgotten as any old one', async () => {
  const engine = await Engine.open('redis://host');
  server.runs = new Map(Array.from({ length: 20 }, (_, i) => [`1-${10 + i}`, '{']));
  await engine.put(run);
  expect(server.runs.size).toBe(20);
  expect(server.runs.get(id)).toBe(JSON.stringify(run));
});

test.each([
  ['damaged', 'damaged'],
  ['of another domain', { schema: 1, run: id, domain: domain({ uuid: OTHER }) }],
])('a job that is %s fails, and is not taken', async (_, data) => {
  const take = vi.fn();
  expect(new HostJobs({ connection: {}, prefix: 'mig' }, 'host1', take)).toBeDefined();
  await expect(server.work({ id: `${id}.${UUID}`, data }, '')).rejects.toMatchObject({ code: 'malformed' });
  expect(take).not.toHaveBeenCalled();
});
