import { describe, expect, test } from 'vitest';
import { giveUp, next, reconcile } from './controller.js';
import { domain, run, view, withDomain } from './fleet.test-support.js';
import type { DomainState } from './run.js';

const a = domain('a');
const away = { ...a, presence: 'away' as const };
const arriving = { ...a, presence: 'arriving' as const };
const none = new Set<string>();

describe('the hosts tell what became of a domain whose migration nobody saw end', () => {
  test.each<[string, ReturnType<typeof view>, DomainState]>([
    ['it is being moved', view([a], { left: [arriving] }, { [a.uuid]: 'left' }), 'moving'],
    ['it is here', view([a]), 'waiting'],
    ['it is at a target', view([], { right: [a] }), 'moved'],
    ['it is at a target, and its old copy here', view([away], { right: [a] }), 'moved'],
    ['it runs at both', view([a], { left: [a] }), 'person'],
    ['it is suspended here', view([{ ...a, presence: 'suspended' }]), 'person'],
    ['it was sent away, and is nowhere', view([away]), 'person'],
    ['it was sent away, and a target is silent', view([away], { left: undefined }), 'asking'],
    ['it is arriving', view([], { left: [arriving] }), 'asking'],
    ['a target is silent', view([], { left: undefined }), 'asking'],
    ['it is nowhere', view([]), 'gone'],
  ])('%s', (_, seen, state) => {
    const asked = withDomain(run([a]), { state: 'asking', target: 'left', unclear: 1 });
    expect(reconcile(asked, seen, none, 0).domains[0]).toMatchObject({ state });
  });

  test('who is nowhere is looked for once more: a look at the targets may be older', () => {
    const seen = reconcile(run([a]), view([]), none, 0);
    expect(seen.domains[0]).toMatchObject({ state: 'asking' });
    expect(reconcile(seen, view([], { right: [a] }), none, 0).domains[0]).toMatchObject({ state: 'moved' });
  });

  test('a migration that somebody else has begun is known as theirs until one of ours begins', () => {
    const seen = reconcile(run([a]), view([a], {}, { [a.uuid]: 'left' }), none, 0);
    expect(seen.domains[0]).toMatchObject({ state: 'moving', isForeign: true });
    const ended = reconcile(reconcile(seen, view([a]), none, 0), view([a]), none, 0);
    expect(next(ended, view([a]), 1e6).run.domains[0]).toMatchObject({
      state: 'moving',
      isForeign: undefined,
    });
  });

  test('a person has to, if they do not tell for long', () => {
    let asked = withDomain(run([a]), { state: 'asking', target: 'left' });
    for (let look = 0; look < 20; look++) asked = reconcile(asked, view([], { left: undefined }), none, look);
    expect(asked.domains[0]?.state).toBe('person');
  });

  test('who is waited for tells itself', () => {
    const moving = withDomain(run([a]), { state: 'moving', target: 'left' });
    expect(reconcile(moving, view([]), new Set([a.uuid]), 0)).toEqual(moving);
  });
});

describe('a migration begins', () => {
  const domains = ['a', 'b', 'c'].map((name) => domain(name));

  test('for as many as may leave at once, less those that others move', () => {
    const started = (seen: ReturnType<typeof view>) => next(run(domains), seen, 0).starts.length;
    expect(started(view(domains))).toBe(2);
    expect(started(view(domains, {}, { other: 'left' }))).toBe(1);
  });

  test('with a longer downtime for one that was too busy, and with any at the deadline', () => {
    const busy = withDomain(run([a], { maxDowntime: 300, deadline: 1000 }), { busy: 2 });
    expect(next(busy, view([a]), 0).starts).toEqual([
      { uuid: a.uuid, target: 'left', maxDowntime: 1200, abortIfBusy: true },
    ]);
    expect(next(busy, view([a]), 1000).starts[0]).toMatchObject({ maxDowntime: 1200, abortIfBusy: false });
  });

  test('not while no target can take it, and in the end it stays', () => {
    const huge = domain('huge', { memory: 1e6 });
    let step = next(run([huge]), view([huge]), 0);
    for (let count = 0; step.wake !== undefined && count < 100; count++) {
      step = next(step.run, view([huge]), step.wake);
    }
    expect(step.run.domains[0]).toMatchObject({
      state: 'stayed',
      why: expect.stringContaining('left: it needs') as string,
    });
  });

  test('for none once the run is given up', () => {
    expect(giveUp(run([a]), 'the run was aborted').domains[0]).toMatchObject({ state: 'stayed' });
  });
});
