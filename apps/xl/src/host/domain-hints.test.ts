import { describe, expect, it } from 'vitest';
import { FakeHost, xl, xlOnTerminal } from '../commands/fake-host.test-support.js';

const running = { paused: false, suspended: false, crashed: false };
const suspended = { ...running, suspended: true };

describe('below the list of domains, on a terminal', () => {
  it.each([
    ['nothing of one that runs', { name: 'a', state: running }, ''],
    ['nothing of one that is paused', { name: 'a', state: { ...running, paused: true } }, ''],
    [
      'how to revive one that is suspended',
      { name: 'a', state: suspended, standing: 'abandoned' as const },
      "a is suspended: 'mig resume a' revives it\n",
    ],
    [
      'nothing of one that a migration or a save has suspended',
      { name: 'a', state: suspended, standing: 'suspended' as const },
      '',
    ],
    [
      'what one waits for that was just sent',
      { name: 'a--migratedaway', state: suspended, sentTo: 'far', standing: 'sent' as const },
      'a--migratedaway is being migrated: its process waits for word from the target\n',
    ],
    ['nothing of reviving one that has crashed', { name: 'a', state: { ...suspended, crashed: true } }, ''],
    [
      'where to look for one that was sent away',
      { name: 'a--migratedaway', state: suspended, sentTo: 'far', standing: 'away' as const },
      'a--migratedaway was sent to far, which may be running it: look there first (ssh far xl list -v); ' +
        "where it runs there, 'xl destroy a--migratedaway', and only where no domain with the UUID " +
        "00000000-0000-0000-0000-000000000001, running or arriving, is there, 'mig resume --force a--migratedaway'\n",
    ],
    [
      'that one is arriving',
      { name: 'a--incoming', state: { ...running, paused: true }, standing: 'incoming' as const },
      'a--incoming is arriving from another host: leave it alone until that migration has ended\n',
    ],
  ])('there is %s', async (_, domain, err) => {
    const outcome = await xlOnTerminal(new FakeHost(domain), 'list');
    expect(outcome).toMatchObject({ status: 0, err });
    expect(outcome.out.split('\n')).toHaveLength(3);
  });

  it('there is nothing where a program reads', async () => {
    const host = new FakeHost({ name: 'a', state: suspended });
    expect(await xl(host, 'list')).toMatchObject({ status: 0, err: '' });
    expect(await xlOnTerminal(host, 'list', '--json')).toMatchObject({ status: 0, err: '' });
  });
});
