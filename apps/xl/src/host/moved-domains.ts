/** Remembers which domains migrations have moved from this host, for whoever looks for one here. */
import { join } from 'node:path';
import type { Host } from '@mig/hypervisor';
import { readStateFile, writeStateFile } from './state-file.js';

interface Move {
  /** The destination by the name that sent-to.ts gives. */
  readonly to: string;
  readonly date: string;
}

/** Number of moves kept: the latest. */
const KEPT = 100;

export function noteMove(folder: string, name: string, to: string): void {
  const others = Object.entries(movesOf(folder)).filter(([each]) => each !== name);
  const kept = others.slice(1 - KEPT);
  const move: Move = { to, date: new Date().toISOString() };
  writeStateFile(pathOf(folder), { ...Object.fromEntries(kept), [name]: move });
}

/** Forgets that a domain of that name was moved: one is here again, and its command has succeeded whatever comes of this. */
export function forgetMove(host: Pick<Host, 'info'>, name: string): void {
  try {
    const folder = host.info().stateFolder;
    const moves = Object.entries(movesOf(folder));
    const others = moves.filter(([each]) => each !== name);
    if (others.length < moves.length) writeStateFile(pathOf(folder), Object.fromEntries(others));
  } catch {
    // The remark about it stays.
  }
}

/** Returns the last move of a domain of that name; undefined if none is known. */
export function lastMove(folder: string, name: string): Move | undefined {
  const moves = movesOf(folder);
  return Object.hasOwn(moves, name) ? moves[name] : undefined;
}

function movesOf(folder: string): Record<string, Move> {
  return Object.fromEntries(
    readStateFile(pathOf(folder)).filter((each): each is [string, Move] => isMove(each[1])),
  );
}

function isMove(value: unknown): value is Move {
  const { to, date } = (value ?? {}) as Partial<Move>;
  return typeof to === 'string' && typeof date === 'string' && !Number.isNaN(Date.parse(date));
}

function pathOf(folder: string): string {
  return join(folder, 'moved.json');
}
