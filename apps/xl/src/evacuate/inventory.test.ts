import { expect, test } from 'vitest';
import { parseLook, wishes } from './inventory.js';

/** Makes what a host prints. */
function look(info: Record<string, string | number>, configurations: readonly object[]): string {
  const lines = Object.entries(info).map(([key, value]) => `${key.padEnd(23)}: ${value}\n`);
  return `${lines.join('')}mig-domains\n${JSON.stringify(configurations.map((config) => ({ domid: 1, config })))}`;
}

const config = (name: string, cmdline = '') => ({
  c_info: { name, uuid: `uuid-of-${name}` },
  b_info: { target_memkb: 1025, max_vcpus: 2, cmdline },
});
const info = { host: 'left', total_memory: 4096, free_memory: 1024, xen_version: '4.20.1' };

test('a host is its memory, its version and its domains', () => {
  const dom0 = { c_info: { name: 'Domain-0', uuid: '00000000-0000-0000-0000-000000000000' } };
  expect(parseLook('left', look(info, [dom0, config('a', 'quiet mig.apart=db mig.priority=-3')]))).toEqual({
    name: 'left',
    totalMemory: 4096,
    freeMemory: 1024,
    version: '4.20.1',
    domains: [
      {
        ...{ uuid: 'uuid-of-a', name: 'a', memory: 2, vcpus: 2, presence: 'here' },
        ...{ apart: 'db', priority: -3 },
      },
    ],
  });
});

test('what arrives, and what has been sent away, has its own name', () => {
  const { domains } = parseLook('left', look(info, [config('a--incoming'), config('b--migratedaway')]));
  expect(domains.map(({ name, presence }) => [name, presence])).toEqual([
    ['a', 'arriving'],
    ['b', 'away'],
  ]);
});

test('a host says why it takes no arrivals', () => {
  expect(parseLook('left', look({ ...info, arrivals: 'no: cordoned' }, [])).closed).toBe('cordoned');
  expect(parseLook('left', look({ ...info, arrivals: 'yes' }, [])).closed).toBeUndefined();
});

test.each([
  ['nothing', ''],
  ['another program', 'Welcome to left\nmig-domains\n[]'],
  ['no list', look(info, []).replace('[]', 'xl: no permission')],
])('%s is not a host', (_, text) => expect(() => parseLook('left', text)).toThrow());

test.each([undefined, {}, { b_info: { cmdline: 7 } }])(
  'the configuration %j wishes nothing',
  (configuration) => expect(wishes(configuration)).toEqual({ priority: 0 }),
);
