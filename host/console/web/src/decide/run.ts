// What this reader decided since the queue was last seen, so that a run through it does not come to the same alert twice.

import type { AlertRow, Decision } from '../api/types';

const done = new Set<number>();

export const doneHere: ReadonlySet<number> = done;

export const markDone = (number: number) => void done.add(number);
export const unmarkDone = (number: number) => void done.delete(number);
export const beginRun = () => done.clear();

/** How a row will look when the API has taken the decision: what is shown until it answers. */
export function decided(row: AlertRow, decision: Decision, by: string, at: string): AlertRow {
  const told = { decision, decided_by: by, decided_at: at };
  if (decision === 'escalate') return { ...row, ...told, escalated: true, assignee: null };
  return { ...row, ...told, state: 'closed', overdue: false };
}
