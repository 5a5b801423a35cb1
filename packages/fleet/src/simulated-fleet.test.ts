import { expect, test } from 'vitest';
import { SimulatedFleet } from './simulated-fleet.test-support.js';
import { isOver } from './run.js';

/** More steps than any run needs. */
const ENOUGH = 40_000;

test.each([1])(
  'ten hosts of fifty are emptied of a thousand domains, seed %i',
  (seed) => {
    const fleet = new SimulatedFleet({ seed, sources: 10, targets: 40, domains: 1000 });
    for (let steps = 0; fleet.step(); steps++) {
      expect(fleet.violations()).toEqual([]);
      expect(steps).toBeLessThan(ENOUGH);
    }
    expect(fleet.controllers.every(({ journal }) => isOver(journal))).toBe(true);
    const states = fleet.controllers.flatMap(({ journal }) => journal.domains.map(({ state }) => state));
    expect(states.filter((state) => state === 'moved').length).toBeGreaterThan(800);
    expect(states.filter((state) => state === 'gone')).toEqual([]);
    // Whoever was told of a person's business was told the truth otherwise.
    const persons = states.filter((state) => state === 'person').length;
    expect(persons).toBeLessThan(30);
    expect(fleet.untruths().length).toBeLessThanOrEqual(persons);
  },
  120_000,
);

test('small fleets of a hundred seeds', () => {
  for (let seed = 100; seed < 200; seed++) {
    const fleet = new SimulatedFleet({ seed, sources: 2, targets: 4, domains: 24 });
    for (let steps = 0; fleet.step(); steps++) {
      expect(fleet.violations(), `seed ${seed}`).toEqual([]);
      expect(steps, `seed ${seed}`).toBeLessThan(ENOUGH);
    }
    const persons = fleet.controllers.flatMap(({ journal }) =>
      journal.domains.filter(({ state }) => state === 'person'),
    );
    expect(fleet.untruths().length, `seed ${seed}`).toBeLessThanOrEqual(persons.length);
  }
});
