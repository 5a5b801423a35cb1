import { expect, test } from 'vitest';
import {
  type DomainJob,
  domainJobFrom,
  jobIdOf,
  placeOf,
  queueNameOf,
  seenJobFrom,
  seenJobOf,
} from './domain-job.js';
import { EngineError } from './errors.js';
import { domain, UUID, withField } from './jobs.test-support.js';

const job: DomainJob = { schema: 1, run: 'run-1', domain: domain() };

test.each<[string, DomainJob]>([
  ['at its beginning', job],
  [
    'with all that may be known',
    {
      ...job,
      downtimeMilliseconds: 12,
      migration: { began: 1, milliseconds: 100, octets: 4096, passes: 2 },
      domain: domain({
        apart: 'db',
        state: 'moving',
        target: 'root@host2',
        why: 'it was too busy',
        notBefore: 5,
        isForeign: true,
        busy: 2,
        unfit: { host3: 'it is too small' },
      }),
    },
  ],
])('a job %s is the same once it was kept', (_, each) =>
  expect(domainJobFrom(JSON.parse(JSON.stringify(each)))).toEqual(each),
);

test('what is not known is left out', () => {
  const kept = domainJobFrom({ ...job, other: 1, domain: { ...domain(), why: undefined, other: 2 } });
  expect(kept).toEqual(job);
  expect(Object.keys(kept.domain)).not.toContain('why');
});

test.each([
  ['schema', 2],
  ['run', '../run'],
  ['run', undefined],
  ['domain', null],
  ['migration', 1],
  ['migration', { began: 1 }],
  ['domain', []],
  ['domain.uuid', '../../etc/passwd'],
  ['domain.uuid', 'a'.repeat(65)],
  ['domain.name', 1],
  ['domain.state', 'lost'],
  // A name of an object is no state.
  ['domain.state', 'toString'],
  ['domain.target', 'host; reboot'],
  ['domain.target', '-oProxyCommand=reboot'],
  ['domain.target', '$(reboot)'],
  ['domain.memory', -1],
  ['domain.memory', '1024'],
  ['domain.notBefore', null],
  ['domain.busy', NaN],
  ['domain.unfit', { host: 1 }],
  ['downtimeMilliseconds', 'long'],
])('a job whose %s is %j is refused', (path, content) => {
  expect(() => domainJobFrom(withField(job, path, content))).toThrow(EngineError);
});

test.each([undefined, null, 'job', 1, []])('%j is no job', (data) =>
  expect(() => domainJobFrom(data)).toThrow(expect.objectContaining({ code: 'malformed' })),
);

test.each([
  ['active', domain()],
  ['active', domain({ notBefore: 100 })],
  ['delayed', domain({ notBefore: 101 })],
  ['active', domain({ state: 'moving' })],
  // The hosts are asked again soon, by whoever has the job in hand.
  ['active', domain({ state: 'asking', notBefore: 101 })],
  ['completed', domain({ state: 'moved' })],
  ['completed', domain({ state: 'stayed', notBefore: 101 })],
  ['completed', domain({ state: 'gone' })],
  ['completed', domain({ state: 'person' })],
] as const)('a job is %s at 100 for %j', (place, of) => expect(placeOf(of, 100)).toBe(place));

test.each([
  [{}, 'waiting'],
  [{ finishedOn: 5 }, 'waiting'],
  [{ finishedOn: 5, failedReason: '' }, 'waiting'],
  [{ failedReason: 'it was tried once' }, 'waiting'],
  [{ finishedOn: 5, failedReason: 'no memory' }, 'person'],
] as const)('a job with %j is seen as one of a domain that is %s', (kept, state) => {
  expect(seenJobFrom({ data: job, ...kept }).domain.state).toBe(state);
});

test.each([
  ['text', 'damaged'],
  ['one of another run', { ...job, run: 'run-2' }],
  ['one of another domain', { ...job, domain: domain({ uuid: 'other' }) }],
])('a job that is %s is seen as one of a domain that a person must look at', (_, data) => {
  const state = { state: 'person', why: 'its job at the engine is damaged' } as const;
  expect(seenJobOf('run-1', domain(), { data })).toEqual({ ...job, domain: domain(state) });
});

test('a job that can be read is seen as it is', () =>
  expect(seenJobOf('run-1', domain(), { data: job })).toEqual(job));

test('names have no colon, which BullMQ has for its keys', () => {
  expect(queueNameOf('fe80::1')).toBe('evacuation-fe80__1');
  expect(jobIdOf('run-1', UUID)).toBe(`run-1.${UUID}`);
});
