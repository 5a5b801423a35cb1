import { describe, expect, test } from 'vitest';
import { FakeHost, xl } from './fake-host.test-support.js';

const time = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ/;

describe('cordon', () => {
  test('closes the host with its reason, who and when, and says what goes on', async () => {
    const host = new FakeHost();
    host.arrivals.admit();
    const { status, out } = await xl(host, 'cordon', 'a new disk');
    expect(status).toBe(0);
    expect(out).toMatch(
      /^No domain may arrive, cordoned since \S+Z by \S+: a new disk\. From before, 1 domain is arriving, and goes on\.\n$/,
    );
    expect(host.arrivals.now().cordon).toMatchObject({ reason: 'a new disk', since: expect.stringMatching(time) as string }); // prettier-ignore
  });

  test('--status changes nothing, also as JSON', async () => {
    const host = new FakeHost();
    expect(await xl(host, 'cordon', '--status')).toMatchObject({
      status: 0,
      out: 'Domains may arrive; no domains are arriving.\n',
    });
    const open = JSON.parse((await xl(host, 'cordon', '--status', '--json')).out) as unknown;
    expect(open).toEqual({ schema: 1, cordoned: false, arriving: 0 });
    await xl(host, 'cordon', 'first');
    const closed = JSON.parse((await xl(host, 'cordon', '--status', '--json')).out) as unknown;
    expect(closed).toMatchObject({ schema: 1, cordoned: true, reason: 'first', arriving: 0 });
    expect((await xl(host, 'cordon', '--status', 'second')).status).toBe(2);
    expect(host.arrivals.now().cordon?.reason).toBe('first');
  });

  test.each(['', ' ', 'a\nb', '\u001b[2J', 'x'.repeat(101)])('refuses the reason %j', async (reason) => {
    const host = new FakeHost();
    const { status, err } = await xl(host, 'cordon', reason);
    expect({ status, err }).toMatchObject({
      status: 2,
      err: expect.stringMatching(/^xl: cordon: the reason /) as string,
    });
    expect(host.arrivals.now().cordon).toBeUndefined();
  });

  test('shows in info', async () => {
    const host = new FakeHost();
    expect((await xl(host, 'info', 'arrivals')).out).toBe('yes\n');
    await xl(host, 'cordon');
    expect((await xl(host, 'info', 'arrivals')).out).toMatch(/^no: cordoned since \S+ by \S+\n$/);
  });
});

test('uncordon opens the host, and says so where nothing was closed', async () => {
  const host = new FakeHost();
  await xl(host, 'cordon', 'a new disk');
  expect((await xl(host, 'uncordon')).out).toMatch(
    /^Domains may arrive again\. The host was cordoned since .*: a new disk\.\n$/,
  );
  expect(host.arrivals.now().cordon).toBeUndefined();
  expect(await xl(host, 'uncordon')).toMatchObject({
    status: 0,
    out: 'Domains may arrive: this host was not cordoned.\n',
  });
});
