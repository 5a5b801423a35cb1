import { expect, it } from 'vitest';
import { describePages, describeRecord, hvmContextEntries, type ImageRecord } from '../index.js';
import { decodeAll, fixture, hex, pageData, thinned } from '../streams.test-support.js';

it.each(thinned)('every record of %s is described, safe for JSON', (name) => {
  const { events } = decodeAll(fixture(name));
  let described = 0;
  for (const event of events) {
    if (event.kind !== 'record') continue;
    const fields = describeRecord(event.record);
    expect(JSON.parse(JSON.stringify(fields))).toEqual(fields);
    described++;
  }
  expect(described).toBeGreaterThan(8);
});

it.each([
  ['pvh-save.bin', 2504, 24],
  // From 4.18 on a local APIC has a pending error status.
  ['xen-4.20/pvh-save.bin', 2512, 32],
])('HVM_CONTEXT lists its entries, HVM_PARAMS names its parameters: %s', (name, octets, lapic) => {
  const { events } = decodeAll(fixture(name));
  const fields = new Map(
    events.flatMap((event) =>
      event.kind === 'record' ? [[event.record.type as string, describeRecord(event.record)] as const] : [],
    ),
  );
  expect(fields.get('HVM_CONTEXT')).toMatchObject({
    context: { octets },
    entries: [
      { typecode: 1, name: 'HEADER', instance: 0, length: 24 },
      { name: 'CPU', length: 1032 },
      { name: 'LAPIC', length: lapic },
      { name: 'LAPIC_REGS', length: 1024 },
      { name: 'PCI_IRQ' },
      { name: 'ISA_IRQ' },
      { name: 'PCI_LINK' },
      { name: 'MTRR' },
      { name: 'VMCE_VCPU' },
      { name: 'TSC_ADJUST' },
      { typecode: 0, name: 'END', length: 0 },
    ],
  });
  const { params } = fields.get('HVM_PARAMS') as { params: { index: number; name: string }[] };
  expect(params.map(({ index, name }) => `${index} ${name}`)).toEqual([
    ...['1 STORE_PFN', '5 IOREQ_PFN', '6 BUFIOREQ_PFN', '27 PAGING_RING_PFN', '28 MONITOR_RING_PFN'],
    ...['29 SHARING_RING_PFN', '17 CONSOLE_PFN', '12 IDENT_PT'],
  ]);
  expect(params[0]).toEqual({ index: 1, name: 'STORE_PFN', value: 0xfeffc });
});

it.each<[ImageRecord, Record<string, unknown>]>([
  [
    { type: 'END', tail: hex('01'), padding: hex('00000000000001') },
    { tail: { octets: 1 }, padding: { octets: 7 } },
  ],
  [
    { type: 'optional', typeId: 0x80000005, body: hex('0102') },
    { typeId: 0x80000005, body: { octets: 2 } },
  ],
  [
    { type: 'X86_TSC_INFO', mode: 2, khz: 1, nanoseconds: 2n ** 60n, incarnation: 0 },
    { mode: 2, khz: 1, nanoseconds: '1152921504606846976', incarnation: 0 },
  ],
  [
    pageData([4, 9, 7], [0, 15, 15]),
    { count: 3, present: 1, first: 4, last: 7, types: { NOTAB: 1, XTAB: 2 } },
  ],
])('%o', (record, fields) => {
  expect(describeRecord(record)).toEqual(fields);
});

it('a summary of no pages has no first and no last', () => {
  const nothing = { pfns: new Float64Array(0), types: new Uint8Array(0), count: 0 };
  expect(describePages(nothing)).toEqual({ count: 0, present: 0, types: {} });
});

it('a context that stops making sense is listed up to there', () => {
  expect(hvmContextEntries(hex('0100 0000 01000000 aa 6300 0100 ffffffff 00'))).toEqual([
    { typecode: 1, name: 'HEADER', instance: 0, length: 1 },
  ]);
  expect(hvmContextEntries(hex('6300 0100 00000000'))).toEqual([{ typecode: 99, instance: 1, length: 0 }]);
  expect(hvmContextEntries(hex('01'))).toEqual([]);
});
