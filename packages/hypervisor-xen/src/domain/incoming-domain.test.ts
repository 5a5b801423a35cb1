import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { HostError } from '@mig/hypervisor';
import { FakeXen, refused } from './fake-xen.test-support.js';
import { XenIncomingDomain } from './incoming-domain.js';

vi.mock('../xen/saver-processes.js', () => ({ helpersAtWork: () => [] }));

const DOMID = 2;

let xen: FakeXen;
beforeEach(() => {
  xen = new FakeXen();
  // The state that libxl leaves.
  xen.add(DOMID, { name: 'busy--incoming', uuid: 'u', pauses: 1, cpuNanoseconds: 0 });
});
afterEach(() => {
  xen.close();
});

const arrived = () => XenIncomingDomain.arrived(xen.mig(), DOMID);
const standing = () => xen.mig().domains.describe(DOMID).standing;

describe('a domain that has arrived', () => {
  test('is paused once more, and that is noted first', () => {
    xen.before.set('xc pause', () => {
      expect(xen.record(DOMID)).toMatchObject({ standing: 'incoming', pause: true });
    });
    arrived();
    expect(xen.get(DOMID).pauses).toBe(2);
    expect(standing()).toMatchObject({ standing: 'incoming', epoch: 0 });
  });

  test('is not run by one unpause of a stock command, and starts nevertheless', () => {
    const copy = arrived();
    xen.unpauseByStock(DOMID);
    expect(xen.runs(DOMID)).toBe(false);
    copy.start('busy');
    expect(xen.runs(DOMID)).toBe(true);
    expect(xen.acts).toEqual(['xc pause 2', 'libxl rename 2', 'xc unpause 2']);
  });

  test('starts under its name, and is free once its receiver is done', () => {
    const copy = arrived();
    copy.start('busy');
    expect(standing()).toMatchObject({ standing: 'taken', epoch: 1, hold: { purpose: 'arrival' } });
    copy.release();
    copy.release();
    expect(xen.runs(DOMID)).toBe(true);
    expect(xen.get(DOMID).name).toBe('busy');
    expect(xen.acts).toEqual(['xc pause 2', 'libxl rename 2', 'xc unpause 2', 'libxl unpause 2']);
    expect(standing()).toMatchObject({ standing: 'free', epoch: 1 });
  });

  test('stays paused where that is wanted, and xl unpause runs it', () => {
    arrived().start('busy', { paused: true });
    expect(xen.get(DOMID).pauses).toBe(1);
    xen.unpauseByStock(DOMID);
    expect(xen.runs(DOMID)).toBe(true);
  });

  test('is not started where it has run already', () => {
    const copy = arrived();
    xen.unpauseByStock(DOMID);
    xen.unpauseByStock(DOMID);
    const words = 'busy--incoming was unpaused by another command, and has run before it was to';
    expect(refused('stale', () => copy.start('busy'))).toBe(words);
    // Paused again, but it has run.
    xen.get(DOMID).pauses = 1;
    refused('stale', () => copy.start('busy'));
    copy.destroy();
    expect(xen.domains.size).toBe(0);
  });

  test('is not started where it runs by the time that it has its name', () => {
    const copy = arrived();
    xen.before.set('libxl rename', () => {
      xen.unpauseByStock(DOMID);
      xen.unpauseByStock(DOMID);
    });
    refused('stale', () => copy.start('busy'));
    expect(standing()).toMatchObject({ standing: 'incoming' });
    copy.destroy();
  });

  test.each([
    ['uuid-taken', { name: 'other', uuid: 'U' }, /^other, domid 3, is this very domain \(UUID u\)/],
    ['name-taken', { name: 'busy', uuid: 'v' }, /^domain 3 is called busy already$/],
  ] as const)('is not started beside one of its own: %s', (code, other, words) => {
    const copy = arrived();
    xen.add(3, other);
    expect(refused(code, () => copy.start('busy'))).toMatch(words);
    expect(xen.runs(DOMID)).toBe(false);
  });

  test('is started beside the one that it comes from, once that was sent away', () => {
    xen.add(3, { name: 'busy--migratedaway', uuid: 'u', suspended: true });
    arrived().start('busy');
  });

  test('can be taken away by its receiver once it runs', () => {
    const copy = arrived();
    copy.start('busy');
    copy.destroy();
    expect(xen.domains.size).toBe(0);
    copy.release();
  });

  test('that is released before it was started waits for whoever destroys it', () => {
    arrived().release();
    expect(standing()).toMatchObject({ standing: 'incoming', pause: true });
  });

  test('is left alone where another has it by now', () => {
    const copy = arrived();
    xen.add(DOMID, { uuid: 'of another' });
    refused('stale', () => copy.start('busy'));
    refused('stale', () => {
      copy.destroy();
    });
    expect(xen.domains.size).toBe(1);
  });

  test('runs, though that could not be written', () => {
    const copy = arrived();
    xen.before.set('store write', () => {
      throw new HostError('unavailable', 'xs_write');
    });
    copy.start('busy');
    expect(xen.runs(DOMID)).toBe(true);
    xen.killHolder(DOMID);
    expect(standing()).toMatchObject({ standing: 'free' });
  });

  test('left by a receiver that died, it is nobody’s, and does not run', () => {
    arrived();
    xen.killHolder(DOMID);
    expect(standing()).toMatchObject({ standing: 'incoming', hold: { purpose: 'arrival' } });
    expect(xen.runs(DOMID)).toBe(false);
  });
});

test.each([
  ['that runs', { pauses: 0 }],
  ['that has run', { cpuNanoseconds: 1 }],
])('one %s by the time that libxl has built it is destroyed', (_, state) => {
  Object.assign(xen.get(DOMID), state);
  refused('stale', arrived);
  expect(xen.domains.size).toBe(0);
});
