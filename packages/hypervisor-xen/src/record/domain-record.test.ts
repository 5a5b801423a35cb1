import { expect, test } from 'vitest';
import { decodeRecord, type DomainRecord, encodeRecord } from './domain-record.js';

const record: DomainRecord = {
  standing: 'sent',
  epoch: 4,
  uuid: 'u',
  ownName: 'busy',
  sentTo: 'far',
  pause: true,
  cpuNanoseconds: 5,
  hold: {
    ...{ id: 'h', purpose: 'migration', to: 'far' },
    process: { pid: 1, startTime: 2, bootId: 'b', pidNamespace: 'n' },
  },
};

test('a record comes back as it was written', () => {
  expect(decodeRecord(encodeRecord(record))).toEqual(record);
  const free: DomainRecord = { standing: 'free', epoch: 0, uuid: 'u', ownName: 'busy' };
  expect(decodeRecord(encodeRecord({ ...free, hold: undefined }))).toEqual(free);
});

test.each([
  '',
  'null',
  '{}',
  encodeRecord(record).replace('"format":1', '"format":2'),
  encodeRecord(record).replace('"sent"', '"elsewhere"'),
  encodeRecord(record).replace('"epoch":4', '"epoch":"4"'),
  encodeRecord(record).replace('"epoch":4', '"epoch":-4'),
  encodeRecord({ ...record, hold: null as never }),
  encodeRecord({ ...record, hold: { id: 'h', purpose: 'migration', to: 'far' } as never }),
  encodeRecord({ ...record, hold: { ...record.hold!, purpose: 'fun' as never } }),
  encodeRecord({ ...record, hold: { ...record.hold!, process: { pid: 1, startTime: 2 } as never } }),
  encodeRecord({ ...record, ending: 7 as never }),
  encodeRecord({ ...record, sentTo: ['far'] as never }),
  encodeRecord({ ...record, pause: 'yes' as never }),
  encodeRecord({ ...record, cpuNanoseconds: '5' as never }),
])('what this mig has not written so is not judged by: %s', (text) => {
  expect(decodeRecord(text)).toBe('unreadable');
});
