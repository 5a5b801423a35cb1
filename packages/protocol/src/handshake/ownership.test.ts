import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  commandTable,
  type DomainCommand,
  type HolderAct,
  holderTable,
  isHeld,
  isHere,
  judgeCommand,
  judgeHolder,
  type Ownership,
  standings,
} from './index.js';

const commands = Object.keys(commandTable) as DomainCommand[];
const acts = Object.keys(holderTable) as HolderAct[];
const ownerships = fc.record<Ownership>({ standing: fc.constantFrom(...standings), epoch: fc.nat() });
const judges = fc.oneof(
  fc.constantFrom(...commands).map((command) => {
    return { judge: (of: Ownership, seen?: number) => judgeCommand(of, command, seen) };
  }),
  fc
    .constantFrom(...acts)
    .map((act) => ({ judge: (of: Ownership, seen?: number) => judgeHolder(of, act, seen) })),
);

describe('an owner', () => {
  it('refuses whatever was decided on another epoch', () => {
    fc.assert(
      fc.property(ownerships, judges, fc.nat(), (ownership, { judge }, seen) => {
        fc.pre(seen !== ownership.epoch);
        expect(judge(ownership, seen)).toEqual({ allowed: false, why: 'stale' });
      }),
    );
  });

  it('decides the same for one who has seen the epoch and for one who has seen none', () => {
    fc.assert(
      fc.property(ownerships, judges, (ownership, { judge }) => {
        expect(judge(ownership, ownership.epoch)).toEqual(judge(ownership));
      }),
    );
  });

  it('never counts back, nor more than one at a time', () => {
    fc.assert(
      fc.property(ownerships, judges, (ownership, { judge }) => {
        const verdict = judge(ownership);
        if (!verdict.allowed || verdict.next === 'gone') return;
        expect([0, 1]).toContain(verdict.next.epoch - ownership.epoch);
        expect(standings).toContain(verdict.next.standing);
      }),
    );
  });

  it('counts whenever it is another who may run the domain', () => {
    fc.assert(
      fc.property(ownerships, judges, (ownership, { judge }) => {
        const verdict = judge(ownership);
        if (!verdict.allowed || verdict.next === 'gone') return;
        const { standing, epoch } = verdict.next;
        const runs = (each: Ownership['standing']) => each === 'free' || each === 'taken';
        const isAnother =
          runs(standing) !== runs(ownership.standing) || isHere(standing) !== isHere(ownership.standing);
        expect(isAnother && epoch === ownership.epoch).toBe(false);
      }),
    );
  });

  it.each(standings.filter((standing) => !isHeld(standing)))(
    'has no holder to obey where it is %s',
    (standing) => {
      for (const act of acts) {
        expect(judgeHolder({ standing, epoch: 1 }, act, 1)).toEqual({ allowed: false, why: 'not-holder' });
      }
    },
  );

  it.each(standings.filter(isHeld))('lets its holder go where it is %s', (standing) => {
    const verdict = judgeHolder({ standing, epoch: 1 }, 'release', undefined);
    expect(verdict.allowed && (verdict.next === 'gone' || !isHeld(verdict.next.standing))).toBe(true);
  });
});
