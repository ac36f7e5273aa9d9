// Which alert comes next. The order is the one in which the reader saw them; what was decided meanwhile is passed over.

import type { AlertRow } from '../api/types';

type Row = Pick<AlertRow, 'number' | 'state' | 'escalated'>;

/** What is still to be done in this run: open, and not just handed on by an escalation of this reader. */
export type Done = ReadonlySet<number>;

const placeOf = (rows: readonly Row[], number: number) => rows.findIndex((row) => row.number === number);

/** The next alert that is not done: after this one, or else from the beginning. Null if none is left. */
export function nextToDo(rows: readonly Row[], number: number, done: Done): number | null {
  const at = placeOf(rows, number);
  const later = [...rows.slice(at + 1), ...rows.slice(0, Math.max(0, at))];
  return later.find((row) => row.state === 'open' && !done.has(row.number) && row.number !== number)?.number ?? null;
}

/** The neighbour in the list, done or not. Null at either end, and for a number that is not in the list. */
export function neighbour(rows: readonly Row[], number: number, step: 1 | -1): number | null {
  const at = placeOf(rows, number);
  return at < 0 ? null : (rows[at + step]?.number ?? null);
}

/** Which place an alert has in the list, from 1. Null if it is not there. */
export function placeIn(rows: readonly Row[], number: number): number | null {
  const at = placeOf(rows, number);
  return at < 0 ? null : at + 1;
}
