import { describe, expect, it } from 'vitest';
import { commandTable, isHeld, isHere, standings, type Standing } from './index.js';

const rows = Object.entries(commandTable);
const allowed = (command: keyof typeof commandTable) =>
  standings.filter((standing) => commandTable[command][standing] === 'does');

describe('the table of commands', () => {
  it.each(rows)('says for each standing what %s does', (_, row) => {
    expect(Object.keys(row).sort()).toEqual([...standings].sort());
  });

  it('has only resume make a suspended domain run, and only with force one that may run elsewhere', () => {
    expect(allowed('resume')).toEqual(['abandoned']);
    expect(allowed('resume --force')).toEqual(['abandoned', 'away']);
  });

  it('lets nobody take what is not free', () => {
    for (const command of ['save', 'migrate', 'dirty-rate'] as const)
      expect(allowed(command)).toEqual(['free']);
  });

  it('lets nobody change how a domain runs that is suspended by its holder, sent, away or arriving', () => {
    for (const command of ['pause', 'unpause'] as const) {
      expect(allowed(command)).toEqual(['free', 'taken', 'abandoned']);
    }
  });

  it('gives no UUID a second time where a copy of any kind is', () => {
    expect(allowed('create')).toEqual([]);
  });

  it('says that a domain is held only where it is, and that it is here only where it is', () => {
    const untrue = rows.flatMap(([, row]) =>
      standings.filter((standing: Standing) => {
        const verdict = row[standing];
        return (verdict === 'held' && !isHeld(standing)) || (verdict === 'here' && !isHere(standing));
      }),
    );
    expect(untrue).toEqual([]);
  });
});
