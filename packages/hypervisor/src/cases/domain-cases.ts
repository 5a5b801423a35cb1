import assert from 'node:assert/strict';
import type { HypervisorCase } from './bench.js';
import { assertRefused, assertRuns, assertState, DOMAIN, onBusyDomain } from './stage.js';

/** Cases of finding, naming, pausing and destroying domains. */
export const domainCases: readonly HypervisorCase[] = [
  onBusyDomain('a domain is found by name and by domid, and runs', (bench, domid) => {
    const { host } = bench;
    assert.equal(host.find(DOMAIN)?.domid, domid);
    assert.equal(host.find(String(domid))?.name, DOMAIN);
    assert.ok(host.list().some((info) => info.domid === domid));
    assertRuns(bench, domid);
  }),

  onBusyDomain('digits are a domid, whatever a domain is called', (bench, domid) => {
    const { host } = bench;
    const other = bench.createBusyDomain(`${DOMAIN}2`);
    host.rename(other, String(domid));
    try {
      assert.equal(host.find(String(domid))?.domid, domid);
    } finally {
      host.rename(other, `${DOMAIN}2`);
    }
  }),

  onBusyDomain('its configuration is JSON and names it', ({ host }, domid) => {
    const { c_info: info } = JSON.parse(host.configuration(domid)) as { c_info: { name: string } };
    assert.equal(info.name, DOMAIN);
  }),

  onBusyDomain('renamed, it is found by its new name only', ({ host }, domid) => {
    host.rename(domid, `${DOMAIN}--migratedaway`);
    assert.equal(host.find(DOMAIN), undefined);
    assert.equal(host.describe(domid).name, `${DOMAIN}--migratedaway`);
  }),

  onBusyDomain('a name that is taken is refused', (bench, domid) => {
    bench.createBusyDomain(`${DOMAIN}2`);
    assertRefused('name-taken', () => bench.host.rename(domid, `${DOMAIN}2`));
    assert.equal(bench.host.describe(domid).name, DOMAIN);
  }),

  onBusyDomain('what is no name of a domain is refused', (bench, domid) => {
    for (const name of ['', 'a/b', '\x1b]0;a title\x07', `${DOMAIN}\n${DOMAIN}2`, `${DOMAIN}\x9b2J`]) {
      assertRefused('bad-configuration', () => bench.host.rename(domid, name));
    }
    assert.equal(bench.host.describe(domid).name, DOMAIN);
    assertRuns(bench, domid);
  }),

  onBusyDomain('paused it stands still, unpaused it goes on', (bench, domid) => {
    bench.host.pause(domid);
    assertState(bench.host.describe(domid), { paused: true, suspended: false });
    bench.host.unpause(domid);
    assertRuns(bench, domid);
  }),

  onBusyDomain('a domain that is not suspended is not resumed', ({ host }, domid) => {
    assertRefused('wrong-state', () => host.resume(domid));
  }),

  onBusyDomain('destroyed, it is gone', ({ host }, domid) => {
    host.destroy(domid);
    assert.equal(host.find(DOMAIN), undefined);
    assertRefused('no-such-domain', () => host.describe(domid));
    assertRefused('no-such-domain', () => host.pause(domid));
  }),
];
