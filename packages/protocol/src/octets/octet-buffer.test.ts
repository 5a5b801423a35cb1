import fc from 'fast-check';
import { expect, it } from 'vitest';
import { OctetBuffer } from '../index.js';
import { concat, SEED } from '../streams.test-support.js';

/** Generates acts on the buffer: octets arrive by themselves, are read into its room, or are taken. */
const act = fc.oneof(
  fc.record({ append: fc.uint8Array({ maxLength: 50 }) }),
  fc.record({ room: fc.integer({ min: 1, max: 50 }) }),
  fc.record({ take: fc.nat(60) }),
);

it('gives what has arrived, in order, whatever comes in between', () => {
  fc.assert(
    fc.property(fc.array(act), fc.constantFrom(0, 1, 16), (acts, capacity) => {
      const buffer = new OctetBuffer(capacity);
      const arrived: Uint8Array[] = [];
      const taken: Uint8Array[] = [];
      let next = 0;
      for (const each of acts) {
        if ('append' in each) {
          buffer.append(each.append);
          arrived.push(each.append);
        } else if ('room' in each) {
          const room = buffer.room(each.room);
          expect(room.length).toBeGreaterThan(0);
          expect(room.length).toBeLessThanOrEqual(each.room);
          for (let i = 0; i < room.length; i++) room[i] = next++;
          buffer.arrived(room.length);
          arrived.push(room.slice());
        } else {
          const most = Math.min(each.take, buffer.length);
          const octets = buffer.take(each.take);
          expect(octets.length).toBe(most);
          taken.push(octets.slice());
        }
        const all = concat(arrived);
        const gone = concat(taken);
        expect(Buffer.compare(concat([gone, buffer.octets]), all)).toBe(0);
        expect(buffer.length).toBe(all.length - gone.length);
      }
    }),
    { seed: SEED },
  );
});

it('makes no more room than is asked for, and leaves its memory to views once released', () => {
  const buffer = new OctetBuffer();
  buffer.append(Uint8Array.of(1, 2, 3), 5);
  const view = buffer.take(3);
  expect(view.buffer.byteLength).toBe(5);
  buffer.release();
  buffer.append(Uint8Array.of(4, 5, 6), 5);
  expect([...view]).toEqual([1, 2, 3]);
});
