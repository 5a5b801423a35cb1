import { type RunDomain, waiting } from '@mig/fleet';
import type { StoredRun } from './stored-run.js';

export const UUID = '5f1c0000-0000-0000-0000-000000000001';

export function domain(change: Partial<RunDomain> = {}): RunDomain {
  return { ...waiting({ uuid: UUID, name: 'web', memory: 1024, vcpus: 1, priority: 0 }), ...change };
}

export function storedRun(...domains: readonly RunDomain[]): StoredRun {
  return {
    schema: 1,
    name: 'host1',
    asked: '{}',
    names: [],
    cordoned: true,
    downtimes: {},
    run: {
      id: '20261130-090000',
      began: 1000,
      options: {
        targets: ['host2', 'root@host3'],
        out: 2,
        in: 2,
        link: 1e9,
        order: 'largest',
        leave: ['db*'],
      },
      resting: {},
      domains,
    },
  };
}

/** Returns a copy with one field changed, at a path such as `run.options.out`. */
export function withField(value: object, path: string, content: unknown): unknown {
  const copy = structuredClone(value) as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop()!;
  const place = names.reduce((at, name) => at[name] as Record<string, unknown>, copy);
  place[last] = content;
  return copy;
}
